import { copyFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { prune, temporaryFolder } from "./command.ts";
import { convNet, write } from "./models.ts";
import { start } from "./processes.ts";

// Models that cannot be read to their end, or that change under the reader.

const at = temporaryFolder();
const results = ["out.onnx", "plan.json", "report.json"];
const argv = (model: string): string[] => [
  ...["run", at(model), "-o", at("out.onnx"), "--plan", at("plan.json"), "--report", at("report.json")],
  ...["--sparsity", "0.5", "--quiet"],
];
let undisturbed: Buffer;

beforeAll(async () => {
  await write(convNet(), at("source.onnx"));
  expect((await prune(...argv("source.onnx"))).code).toBe(0);
  undisturbed = readFileSync(at("out.onnx"));
});

beforeEach(() => {
  copyFileSync(at("source.onnx"), at("model.onnx"));
  results.forEach((name) => writeFileSync(at(name), "earlier"));
});

/**
 * A module that makes reads of a model's files short, and does something before the second one.
 * @param what a statement; `path` is the file's name
 */
function beforeSecondRead(what: string): string[] {
  const path = at("fault.mjs");
  writeFileSync(
    path,
    `import fs from "node:fs"; import { syncBuiltinESMExports } from "node:module";
     const { appendFileSync, openSync: openReal, readSync: readReal, renameSync, truncateSync, utimesSync, writeFileSync } = fs;
     const fail = (code) => { throw Object.assign(new Error(code + ": i/o error, read"), { code }); };
     const isModel = (path) => /model(\\.onnx|-\\w+\\.data)$/.test(String(path));
     const counts = new Map(), names = new Map();
     const before = (path) => { const n = (counts.get(path) ?? 0) + 1; counts.set(path, n); if (n === 2) { ${what} } };
     const open = fs.promises.open;
     fs.promises.open = async (path, ...rest) => {
       const file = await open(path, ...rest);
       if (!isModel(path) || (rest[0] ?? "r") !== "r") return file;
       const read = file.read.bind(file);
       file.read = (into, offset, length, position) => { before(path); return read(into, offset, Math.min(length, 900), position); };
       return file;
     };
     fs.openSync = (path, ...rest) => { const file = openReal(path, ...rest); names.set(file, path); return file; };
     fs.readSync = (file, into, offset, length, position) => {
       const path = names.get(file);
       if (!isModel(path)) return readReal(file, into, offset, length, position);
       before(path);
       return readReal(file, into, offset, Math.min(length, 900), position);
     };
     syncBuiltinESMExports();`,
  );
  return ["--import", pathToFileURL(path).href];
}

async function fails(flags: string[], message: string): Promise<void> {
  const { ended, stderr } = start(argv("model.onnx"), flags);
  expect([await ended, stderr()]).toEqual([1, `prune: ${message}\n`]);
  expect(results.map((name) => readFileSync(at(name), "utf8"))).toEqual(results.map(() => "earlier"));
  expect(readdirSync(at()).filter((name) => name.endsWith(".tmp"))).toEqual([]);
}

const CHANGED = "changed while it was read. Wait until whoever writes it is done, and try again.";

describe("a model in one file", { timeout: 120_000 }, () => {
  test.each([
    ["fails to be read in the middle", `fail("EIO");`, "cannot be read: EIO: i/o error, read. Check the disk and try again."], // prettier-ignore
    ["shrinks", `truncateSync(path, 1000);`, CHANGED],
    ["grows", `appendFileSync(path, "more");`, CHANGED],
    ["is written over", `writeFileSync(path, Buffer.alloc(fs.statSync(path).size)); utimesSync(path, 1, 1);`, CHANGED],
  ])("that %s", async (_, what, why) => {
    const path = at("model.onnx");
    await fails(beforeSecondRead(what), why === CHANGED ? `${path}: ${why}` : `${path}: ${why}`);
  });

  test("that another takes the place of is read to its end", async () => {
    const { ended, stderr } = start(argv("model.onnx"), beforeSecondRead(`writeFileSync(path + "2", "other"); renameSync(path + "2", path);`)); // prettier-ignore
    expect([await ended, stderr()]).toEqual([0, ""]);
    expect(readFileSync(at("out.onnx")).equals(undisturbed)).toBe(true);
    expect(readFileSync(at("model.onnx"), "utf8")).toBe("other");
  });
});

describe("weights in a file of their own", { timeout: 120_000 }, () => {
  let data: string;
  beforeEach(async () => {
    await prune("run", at("source.onnx"), "-o", at("model.onnx"), "--sparsity", "0", "--allow-noop", "--round-to", "1", "--external-data", "--quiet"); // prettier-ignore
    data = at(readdirSync(at()).find((name) => /^model-\w+\.data$/.test(name))!);
  });

  test.each([
    ["fail to be read in the middle", `counts.set(path, 1); fail("EIO");`, "cannot be read: EIO: i/o error, read. Check the disk and try again."], // prettier-ignore
    ["shrink", `truncateSync(path, 1000);`, "was changed after the model was loaded. Load the model again."],
    ["go", `fs.unlinkSync(path); counts.clear();`, "was changed after the model was loaded. Load the model again."],
    ["give way to others", `writeFileSync(path + "2", Buffer.alloc(fs.statSync(path).size)); renameSync(path + "2", path);`, "was changed after the model was loaded. Load the model again."], // prettier-ignore
  ])("that %s", async (_, what, why) => {
    await fails(beforeSecondRead(`if (path.endsWith(".data")) { ${what} }`), `${data}: ${why}`);
  });
});
