import { spawnSync } from "node:child_process";
import { randomFillSync } from "node:crypto";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { saveOnnx } from "@prune/backend-onnx/node";
import { type Graph, nodeOf } from "@prune/core";
import { beforeAll, describe, expect, test } from "vitest";
import { BIN, prune, temporaryFolder } from "./command.ts";
import { convNet, write } from "./models.ts";

// Whatever is wrong with a model: exit code 1, one line that says so, and no file, half or whole.

const at = temporaryFolder();
const half = ["--target", "macs=0.5"];
let bytes: Uint8Array;

beforeAll(async () => {
  await write(convNet(), at("model.onnx"));
  bytes = readFileSync(at("model.onnx"));
  await saveOnnx({ graph: convNet() }, at("apart.onnx"), { externalData: true });
});

/** The model's bytes with a run of them replaced by others of any length. */
const spliced = (from: number, to: number, ...others: readonly Uint8Array[]): Uint8Array =>
  Buffer.concat([bytes.subarray(0, from), ...others, bytes.subarray(to)]);
const noise = (length: number): Uint8Array => randomFillSync(new Uint8Array(length));
const graph = (change: Partial<Graph>): Graph => ({ ...convNet(), ...change });
const nodes = convNet().nodes;

const models: Record<string, readonly [make: () => Promise<void> | void, message: RegExp]> = {
  "that is truncated": [
    () => writeFileSync(at("bad.onnx"), bytes.subarray(0, bytes.length >> 1)),
    /truncated or damaged/,
  ],
  "that is empty": [() => writeFileSync(at("bad.onnx"), ""), /bad\.onnx: /],
  "that is no ONNX file": [
    () => writeFileSync(at("bad.onnx"), "PK\u0003\u0004 a zip file, or something"),
    /bad\.onnx: /,
  ],
  "with noise after a good start": [
    () => writeFileSync(at("bad.onnx"), spliced(40, bytes.length, noise(4000))),
    /bad\.onnx: /,
  ],
  "whose tensor is longer than the file": [
    () => {
      // The length of the first raw_data: 16·3·3·3 floats, 1728 bytes, as a varint of two bytes.
      const length = Buffer.from(bytes).indexOf(Buffer.from([0x4a, 0xc0, 0x0d])) + 1;
      writeFileSync(at("bad.onnx"), spliced(length, length + 2, Uint8Array.of(0xff, 0x7f)));
    },
    /truncated or damaged/,
  ],
  "whose weights' file is missing": [
    () => {
      writeFileSync(
        at("bad.onnx"),
        readFileSync(at("apart.onnx")).toString("latin1").replaceAll("apart", "nowhr"),
        "latin1",
      );
    },
    /nowhr-[0-9a-f]{16}\.data/,
  ],
  "whose weights lie outside its folder": [
    () => {
      const text = readFileSync(at("apart.onnx")).toString("latin1");
      writeFileSync(
        at("bad.onnx"),
        text.replaceAll(/apart-[0-9a-f]+\.data/g, ({ length }) => "../../etc/paswd".padEnd(length, "d")),
        "latin1",
      );
    },
    /\.\.\/\.\.\/etc\/paswd/,
  ],
  "with a cycle": [
    () => write(graph({ nodes: [nodeOf("Add", ["x", "b"], ["a"]), nodeOf("Relu", ["a"], ["b"]), nodeOf("Flatten", ["b"], ["y"])] }), at("bad.onnx")), // prettier-ignore
    /must not form a cycle/,
  ],
  "that ONNX Runtime does not run": [
    () =>
      write(
        graph({ nodes: nodes.map((n) => (n.opType === "Relu" ? { ...n, opType: "Rectify" } : n)) }),
        at("bad.onnx"),
      ),
    /ONNX Runtime .*Rectify.*/,
  ],
  "without a layer that could be pruned": [
    () => write(graph({ nodes: [nodeOf("Relu", ["x"], ["y"])], parameters: new Map() }), at("bad.onnx")),
    /Nothing was pruned: no group of channels can shrink/,
  ],
};

describe("a model", () => {
  test.each(Object.entries(models))("%s", async (_, [make, message]) => {
    rmSync(at("bad.onnx"), { force: true });
    await make();
    const before = readdirSync(at()).toSorted();
    const outputs = ["-o", at("out.onnx"), "--plan", at("out.json"), "--report", at("report.json")];
    const { code, stdout, stderr } = await prune("run", at("bad.onnx"), ...outputs, ...half);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^prune: [^\n]*\n$/);
    expect(readdirSync(at()).toSorted()).toEqual(before);
  });

  test("with an operator that nobody described is cut around it", async () => {
    // Det is one that ONNX Runtime runs and no rule speaks of; what it reads stays whole, and is named.
    const odd = graph({
      nodes: [
        ...nodes.slice(0, 4),
        nodeOf("GlobalAveragePool", ["br"], ["pool"]),
        nodeOf("Det", ["br"], ["det"]),
        nodeOf("ReduceSum", ["det"], ["sum"], { keepdims: 0 }),
        nodeOf("Flatten", ["pool"], ["flat"]),
        nodeOf("Gemm", ["flat", "fc.weight"], ["z"], { transB: 1 }),
        nodeOf("Add", ["z", "sum"], ["y"]),
      ],
    });
    await write(odd, at("odd.onnx"));
    const { code, stdout } = await prune("inspect", at("odd.onnx"));
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringContaining("an operator without a rule") as string,
    });
    expect((await prune("run", at("odd.onnx"), "-o", at("odd.out.onnx"), "--target", "macs=0.7")).code).toBe(0);
  });
});

test("a disk that is full: exit code 1, the old file, and nothing half", () => {
  const hook = at("full.mjs");
  writeFileSync(
    hook,
    `import fs from "node:fs"; import { syncBuiltinESMExports } from "node:module";
     const real = fs.promises.open;
     fs.promises.open = async (path, ...rest) => {
       const file = await real(path, ...rest);
       if (String(path).includes(".tmp")) file.writev = file.write = file.writeFile = () =>
         Promise.reject(Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" }));
       return file;
     };
     syncBuiltinESMExports();`,
  );
  writeFileSync(at("kept.onnx"), "old");
  const before = readdirSync(at()).toSorted();
  const argv = ["--import", pathToFileURL(hook).href, BIN, "run", at("model.onnx"), "-o", at("kept.onnx"), ...half];
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { encoding: "utf8" });
  expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  expect(stderr).toMatch(/^prune: .*kept\.onnx: cannot be written: ENOSPC[^\n]*\n$/);
  expect(readdirSync(at()).toSorted()).toEqual(before);
  expect(readFileSync(at("kept.onnx"), "utf8")).toBe("old");
});
