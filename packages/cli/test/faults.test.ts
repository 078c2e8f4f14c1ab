import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { fixture, json, prune, temporaryFolder } from "./command.ts";
import { writeLastImages } from "./images.ts";
import { convNet, write } from "./models.ts";
import { start } from "./processes.ts";

const at = temporaryFolder();
const results = ["out.onnx", "plan.json", "report.json"];
const argv = [
  ...["run", at("model.onnx"), "-o", at("out.onnx"), "--plan", at("plan.json"), "--report", at("report.json")],
  ...["--sparsity", "0.5", "--quiet"],
];
/** Bytes that the command writes in all. */
let size = 0;

beforeAll(async () => {
  await write(convNet(), at("model.onnx"));
  expect((await prune(...argv)).code).toBe(0);
  size = results.reduce((n, name) => n + readFileSync(at(name)).length, 0);
});

beforeEach(() => results.forEach((name) => writeFileSync(at(name), "earlier")));

/**
 * A module that makes writing fail in the process that imports it: after some bytes the disk is full, or an operation on
 * a file fails when it is called for the n-th time.
 */
function fault(
  what: { readonly bytes: number } | { readonly operation: "sync" | "close" | "rename"; readonly nth: number },
): string[] {
  const path = at("fault.mjs");
  writeFileSync(
    path,
    `import fs from "node:fs"; import { syncBuiltinESMExports } from "node:module";
     const what = ${JSON.stringify({ bytes: Infinity, ...what })};
     let left = what.bytes ?? Infinity, calls = 0;
     const error = (code, text) => Object.assign(new Error(code + ": " + text), { code });
     const failing = (real, name) => (...args) => {
       if (what.operation === name && ++calls === what.nth) throw error("EIO", "i/o error, " + name);
       return real(...args);
     };
     /** As much as fits is written; what is asked for after that fails. */
     const fitting = (views) => {
       const bytes = Buffer.concat(views.map((v) => Buffer.from(v)));
       const part = bytes.subarray(0, left);
       left -= part.length;
       return { part, isWhole: part.length === bytes.length };
     };
     const open = fs.promises.open;
     fs.promises.open = async (path, flags, ...rest) => {
       const file = await open(path, flags, ...rest);
       if (flags !== "wx" && flags !== "a") return file;
       const write = async (views) => {
         const { part, isWhole } = fitting(views);
         if (part.length) await file.write(part);
         if (!isWhole) throw error("ENOSPC", "no space left on device, write");
         return { bytesWritten: part.length };
       };
       return {
         writev: write,
         writeFile: (data) => write([data]),
         appendFile: (data) => write([data]),
         sync: failing(async () => file.sync(), "sync"),
         close: failing(async () => file.close(), "close"),
       };
     };
     fs.promises.rename = failing(fs.promises.rename, "rename");
     fs.renameSync = failing(fs.renameSync, "rename");
     syncBuiltinESMExports();`,
  );
  return ["--import", pathToFileURL(path).href];
}

describe("results that cannot be written", { timeout: 120_000 }, () => {
  test.each([
    ["there is no space at all", () => fault({ bytes: 0 }), /ENOSPC/],
    ["the disk is full within the plan", () => fault({ bytes: 100 }), /ENOSPC/],
    ["the disk is full within the model", () => fault({ bytes: size - 5000 }), /out\.onnx.*ENOSPC/],
    ["the last byte does not fit", () => fault({ bytes: size - 1 }), /out\.onnx.*ENOSPC/],
    ["the disk does not take the model", () => fault({ operation: "sync", nth: 3 }), /out\.onnx.*EIO/],
    ["the model cannot be put in place", () => fault({ operation: "rename", nth: 1 }), /out\.onnx.*EIO/],
  ])("%s: one line says why, and earlier results are still there", async (_, flags, why) => {
    const model = readFileSync(at("model.onnx"));
    const { ended, stderr } = start(argv, flags());
    expect(await ended, stderr()).toBe(1);
    expect(stderr()).toMatch(/^prune: .* cannot be written: .*\n$/);
    expect(stderr()).toMatch(why);
    expect(readdirSync(at()).filter((name) => name.endsWith(".tmp"))).toEqual([]);
    expect(results.map((name) => readFileSync(at(name), "utf8"))).toEqual(results.map(() => "earlier"));
    expect(readFileSync(at("model.onnx")).equals(model)).toBe(true);
  });

  test("where all fits, all is written", async () => {
    const { ended, stderr } = start(argv, fault({ bytes: size }));
    expect(await ended, stderr()).toBe(0);
    expect(json(at("plan.json"))).toMatchObject({ format: "prune-plan/1" });
  });
});

test("a journal on a full disk stops the search, which goes on once there is space", { timeout: 180_000 }, async () => {
  writeLastImages(100, at("images.npz"));
  const [out, journal] = [at("found.onnx"), at("journal.jsonl")];
  const search = ["run", fixture("fashion_mlp.onnx"), "-o", out, "--max-drop", "5%", "--eval", at("images.npz")];
  expect((await prune(...search)).code).toBe(0);
  const undisturbed = readFileSync(out);
  rmSync(out);
  const noting = [...search, "--journal", journal];
  const full = start(noting, fault({ bytes: 700 }));
  expect(await full.ended).toBe(1);
  expect(full.stderr()).toBe(`prune: ${journal}: cannot be written: ENOSPC: no space left on device, write. Check the folder, its permissions and the space that is left.\n`); // prettier-ignore
  expect(readFileSync(journal, "utf8").endsWith("\n")).toBe(false);
  expect((await prune(...noting)).code).toBe(0);
  expect(readFileSync(out).equals(undisturbed)).toBe(true);
});

test("kills at random moments leave whole files only", { timeout: 180_000 }, () => {
  const script = fileURLToPath(new URL("../../../scripts/random-kills.mjs", import.meta.url));
  const seed = String(Math.floor(Math.random() * 1e6));
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, "--kills", "6", "--seed", seed], { encoding: "utf8" }); // prettier-ignore
  expect(status, `seed ${seed}: ${stdout}${stderr}`).toBe(0);
  expect(stdout).toMatch(/^6 kills: /);
});
