import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { BIN, temporaryFolder } from "./command.ts";
import { convNet, write } from "./models.ts";

const at = temporaryFolder();
const node = process.execPath;
const flags = ["--sparsity", "0.5", "--plan", at("plan.json"), "--report", at("report.json")];

beforeAll(async () => {
  if (!existsSync(BIN)) throw new Error(`${BIN} is missing: build first (pnpm build).`);
  await write(convNet(), at("model.onnx"));
});

describe("the built command", () => {
  test("works as a process: exit codes, and nothing but JSON on stdout", () => {
    const done = spawnSync(node, [BIN, "run", at("model.onnx"), "-o", at("out.onnx"), ...flags, "--json"], {
      encoding: "utf8",
    });
    expect([done.status, done.stderr]).toEqual([0, ""]);
    expect(JSON.parse(done.stdout)).toMatchObject({ format: "prune-report/1" });
    const failed = spawnSync(node, [BIN, "run", at("none.onnx"), "-o", at("x.onnx"), ...flags], { encoding: "utf8" });
    expect([failed.status, failed.stdout]).toEqual([1, ""]);
    const wrong = spawnSync(node, [BIN, "inspect", "--nonsense"], { encoding: "utf8" });
    expect([wrong.status, wrong.stdout, wrong.stderr]).toEqual([2, "", "prune: unknown option '--nonsense'\n"]);
  });

  test("loads neither core nor a runtime to print help", () => {
    const { stderr } = spawnSync(node, [BIN, "--help"], {
      encoding: "utf8",
      env: { ...process.env, NODE_DEBUG: "esm" },
    });
    expect(stderr).toContain("packages/cli/dist/program.js");
    expect(stderr).not.toMatch(/packages\/core\/dist|onnxruntime-node/);
  });

  test("a reader that stops early is no failure", async () => {
    const child = spawn(node, [BIN, "inspect", at("model.onnx")], { stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.destroy();
    let stderr = "";
    child.stderr.on("data", (part: Buffer) => (stderr += part.toString()));
    const [code] = (await once(child, "close")) as [number];
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });
});

/** Makes one step of saving hang, and says on stdout when it is reached. */
function hangAt(step: "rename" | "open"): string {
  const path = at(`hang-${step}.mjs`);
  writeFileSync(
    path,
    `import fs from "node:fs"; import { syncBuiltinESMExports } from "node:module";
     const real = fs.promises.${step};
     fs.promises.${step} = async (path, ...rest) => {
       if (!String(path).includes(".tmp")) return real(path, ...rest);
       if (${step === "open"}) { const file = await real(path, ...rest); await file.close(); }
       process.stdout.write("reached\\n");
       return new Promise(() => setTimeout(() => {}, 60_000));
     };
     syncBuiltinESMExports();`,
  );
  return pathToFileURL(path).href;
}

async function reached(child: ChildProcess): Promise<void> {
  await Promise.race([
    once(child.stdout!, "data"),
    once(child, "close").then(() => Promise.reject(new Error("The command ended before it wrote anything."))),
  ]);
}

describe("a run that is interrupted while it writes", () => {
  test.each([
    ["rename", "SIGINT"],
    ["rename", "SIGTERM"],
    ["open", "SIGINT"],
  ] as const)("at %s by %s leaves the old files, nothing half, and exits with 130", async (step, signal) => {
    const folder = readdirSync(at());
    for (const name of ["old.onnx", "plan.json", "report.json"]) writeFileSync(at(name), "old");
    const hook = hangAt(step);
    const before = readdirSync(at()).sort();
    const argv = ["--import", hook, BIN, "run", at("model.onnx"), "-o", at("old.onnx"), ...flags, "--quiet"];
    const child = spawn(node, argv, { stdio: ["ignore", "pipe", "inherit"] });
    await reached(child);
    expect(readdirSync(at()).some((name) => name.includes(".tmp"))).toBe(true);
    child.kill(signal);
    const [code] = (await once(child, "close")) as [number | null];
    expect(code).toBe(130);
    expect(readdirSync(at()).sort()).toEqual(before);
    expect(folder.length).toBeLessThanOrEqual(before.length);
    for (const name of ["old.onnx", "plan.json", "report.json"]) expect(readFileSync(at(name), "utf8")).toBe("old");
  });
});
