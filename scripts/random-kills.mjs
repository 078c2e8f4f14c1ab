// Kills `prune run` at random moments, as a power cut would, and checks what it leaves: the model that was read, and an
// earlier model, plan and report, or the new ones, but nothing half. Half of the kills come at any moment, the others
// once the first file is being written. Every other model is written in two files, its weights beside it, and takes the
// place of one in as many files. Build first.
//
//   node scripts/random-kills.mjs [--kills 60] [--seed 1]
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, watch, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

const built = (path) => join(dirname(dirname(fileURLToPath(import.meta.url))), "packages", path);
const { saveOnnx } = await import(pathToFileURL(built("backend-onnx/dist/node/index.js")).href);
const { float32Tensor, nodeOf } = await import(pathToFileURL(built("core/dist/index.js")).href);
const BIN = built("cli/dist/bin.js");
const { values } = parseArgs({ options: { kills: { type: "string", default: "60" }, seed: { type: "string", default: "1" } } }); // prettier-ignore
const kills = Number(values.kills);
const random = generator(Number(values.seed));

const folder = mkdtempSync(join(tmpdir(), "prune-kills-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const at = (name) => join(folder, name);
const RESULTS = ["out.onnx", "plan.json", "report.json"];
const DATA = /^out-[0-9a-f]{16}\.data$/;

/** A network of 25 MB, so that writing takes its time. */
async function writeModel() {
  const weight = (name, dims) => float32Tensor(name, Float32Array.from({ length: dims[0] * dims[1] }, () => random() - 0.5), dims); // prettier-ignore
  const parameters = [weight("up", [1024, 3072]), weight("down", [3072, 1024])];
  const value = { dtype: "float32", dims: ["N", 1024] };
  await saveOnnx(
    {
      graph: {
        name: "net",
        nodes: [
          nodeOf("MatMul", ["x", "up"], ["h"]),
          nodeOf("Relu", ["h"], ["r"]),
          nodeOf("MatMul", ["r", "down"], ["y"]),
        ],
        inputs: [{ name: "x", ...value }],
        outputs: [{ name: "y", ...value }],
        parameters: new Map(parameters.map((p) => [p.name, p])),
        opsets: new Map([["", 17]]),
      },
    },
    at("model.onnx"),
  );
}

const files = ["-o", at("out.onnx"), "--plan", at("plan.json"), "--report", at("report.json")];
const command = (sparsity, apart) => [BIN, "run", at("model.onnx"), ...files, "--sparsity", String(sparsity), "--no-verify", "--quiet", ...(apart ? ["--external-data"] : [])]; // prettier-ignore

/** The results of a run that nothing disturbs, by name, and how long it takes. */
function results(sparsity, apart) {
  clear();
  const started = performance.now();
  const { status, stderr } = spawnSync(process.execPath, command(sparsity, apart), { encoding: "utf8" });
  if (status !== 0) throw new Error(`The undisturbed run failed: ${stderr}`);
  return { time: performance.now() - started, files: found() };
}

/** What there is of results, by name. */
const found = () =>
  new Map(readdirSync(folder).filter((name) => RESULTS.includes(name) || DATA.test(name)).map((name) => [name, readFileSync(at(name))])); // prettier-ignore

function clear() {
  for (const name of readdirSync(folder)) if (name !== "model.onnx") rmSync(at(name));
}

/** Starts a run and kills it. @returns whether something was being written at that moment */
async function killOnce(whileWriting, apart, time) {
  const child = spawn(process.execPath, command(0.5, apart), { stdio: "ignore" });
  const closed = once(child, "close");
  const kill = () => child.kill("SIGKILL");
  let timer;
  const watcher = watch(folder, (_, name) => {
    if (whileWriting && name?.endsWith(".tmp")) timer ??= setTimeout(kill, random() * 100);
  });
  if (!whileWriting) timer = setTimeout(kill, random() * time);
  await closed;
  clearTimeout(timer);
  watcher.close();
  const left = readdirSync(folder).filter((name) => name.endsWith(".tmp"));
  for (const name of left) rmSync(at(name));
  return left.length > 0;
}

/** What is wrong with what a kill left. */
function findings(hash, before, after) {
  const left = found();
  const states = RESULTS.map((name) => {
    const now = left.get(name);
    if (now?.equals(after.get(name))) return "new";
    return (before ? now?.equals(before.get(name)) : now === undefined) ? "old" : "damaged";
  });
  const wrong = RESULTS.filter((_, i) => states[i] === "damaged").map(
    (name) => `${name} is neither the old nor the new`,
  );
  const isNew = states[0] === "new";
  // A file of weights that nothing names yet, or any more, may be left. Those that the model names are there, and all are whole.
  for (const [name, bytes] of (isNew ? after : (before ?? new Map())).entries())
    if (DATA.test(name) && !left.get(name)?.equals(bytes)) wrong.push(`${name} is not what the model names`);
  for (const [name, bytes] of left)
    if (DATA.test(name) && ![before, after].some((files) => files?.get(name)?.equals(bytes)))
      wrong.push(`${name} is half`);
  if (hashOf(at("model.onnx")) !== hash) wrong.push("the model that was read has changed");
  if (states[0] === "old" && states.includes("new")) wrong.push("the plan or the report is new, the model is not");
  return { wrong, isNew };
}

const hashOf = (path) => createHash("sha256").update(readFileSync(path)).digest("hex");

/** Repeatable numbers in [0, 1): Mulberry32. */
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

await writeModel();
const hash = hashOf(at("model.onnx"));
const undisturbed = [false, true].map((apart) => ({ earlier: results(0.25, apart).files, ...results(0.5, apart) }));
const counts = { before: 0, writing: 0, after: 0, apart: 0 };
const problems = [];
for (let i = 0; i < kills; i++) {
  const apart = i % 4 >= 2;
  const { earlier, files: after, time } = undisturbed[Number(apart)];
  // Every other time there are no earlier results.
  const before = i % 8 < 4 ? earlier : undefined;
  clear();
  for (const [name, bytes] of before ?? []) writeFileSync(at(name), bytes);
  const writing = await killOnce(i % 2 === 1, apart, time);
  const { wrong, isNew } = findings(hash, before, after);
  counts[writing ? "writing" : isNew ? "after" : "before"]++;
  counts.apart += Number(apart);
  problems.push(...wrong.map((what) => `kill ${i + 1}: ${what}`));
}
console.log(`${kills} kills: ${counts.before} before anything was written, ${counts.writing} while files were written, ${counts.after} after the model was in place; ${counts.apart} of models in two files.`); // prettier-ignore
console.log(problems.length ? problems.join("\n") : "The model that was read survived all of them, and so did earlier results; no file was half."); // prettier-ignore
process.exitCode = problems.length ? 1 : 0;
