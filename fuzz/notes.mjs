// Damaged copies of what the command line itself writes or is given besides models: plans, reports, journals,
// checkpoints, and data.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { deserialize, serialize } from "node:v8";
import { loadFrom } from "./load.mjs";
import { mutateBytes } from "./mutate-bytes.mjs";
import { changeJson } from "./mutate-json.mjs";
import { EXTREMES } from "./random.mjs";
import { bytesOf, classifier } from "./seeds.mjs";

const { program } = await import(new URL("../packages/cli/dist/program.js", import.meta.url).href);
const { strToU8, zipSync } = await loadFrom("packages/cli", "fflate");

/** Runs a command as the command line does, but for its output; errors are thrown. */
async function command(...argv) {
  const io = { stdout: { write: () => true }, stderr: { write: () => true }, command: argv };
  await program(io).parseAsync(["--no-config", ...argv], { from: "user" });
}

/** What each kind of file takes part in. @returns the arguments, and the file that is written */
const USES = {
  plan: (at) => [["apply", at("model.onnx"), at("plan"), "-o", at("out.onnx"), "--force", ...ONE], at("out.onnx")],
  report: (at) => [["report", at("report"), "-o", at("out.html")], at("out.html")],
  journal: (at) => [["sensitivity", at("model.onnx"), "--eval", at("data.npz"), ...RATIOS, "--journal", at("journal"), "--report", at("out.json")], at("out.json")], // prettier-ignore
  search: (at) => [["run", at("model.onnx"), "-o", at("out.onnx"), "--max-drop", "20%", "--eval", at("data.npz"), "--round-to", "4", "--journal", at("search"), ...ONE], at("out.onnx")], // prettier-ignore
  checkpoint: (at) => [["run", at("model.onnx"), "-o", at("out.onnx"), "--target", "macs=0.5", "--round-to", "1", "--calib", at("data.npz"), "--recover", "finetune:batchSize=8", "--epochs", "2", "--checkpoint", at("checkpoint"), ...ONE], at("out.onnx")], // prettier-ignore
  "data.npz": (at) => [["sensitivity", at("model.onnx"), "--eval", at("data.npz"), ...RATIOS, "--report", at("out.json")], at("out.json")], // prettier-ignore
  "data.npy": (at) => [["sensitivity", at("model.onnx"), "--eval", at("data.npy"), ...RATIOS, "--report", at("out.json")], at("out.json")], // prettier-ignore
};
const ONE = ["--threads", "1", "--quiet"];
const RATIOS = ["--ratios", "0.5", "--quiet"];

/** One file of them damaged, and the command that reads it. */
export async function noteCase(random, folder) {
  const seeds = await seedsIn(join(folder, "..", "seeds"));
  for (const [name, bytes] of seeds) writeFileSync(join(folder, name), bytes);
  const [name, use] = random.pick(Object.entries(USES));
  const bytes = seeds.get(name);
  writeFileSync(join(folder, name), MUTATIONS[name]?.(bytes, random) ?? mutateBytes(bytes, random));
  const [argv, output] = use((file) => join(folder, file));
  return { output, work: () => command(...argv) };
}

const MUTATIONS = { plan: json, report: json, journal: lines, search: lines, checkpoint };

function json(bytes, random) {
  const tree = JSON.parse(bytes);
  for (let i = 0; i <= random.below(4); i++) changeJson(tree, random);
  return random.next() < 0.1 ? mutateBytes(bytes, random) : JSON.stringify(tree);
}

/** Mostly what was noted; now and then the line that says what it was noted of. */
function lines(bytes, random) {
  if (random.next() < 0.1) return mutateBytes(bytes, random);
  const all = bytes.toString().trimEnd().split("\n").map((line) => JSON.parse(line)); // prettier-ignore
  const [first, ...notes] = all;
  if (random.next() < 0.1) changeJson(first, random);
  for (let i = 0; i <= random.below(4); i++) changeJson(notes, random);
  return [first, ...notes].map((line) => JSON.stringify(line)).join("\n") + (random.next() < 0.5 ? "\n" : "");
}

function checkpoint(bytes, random) {
  if (random.next() < 0.4) return mutateBytes(bytes, random);
  const tree = deserialize(bytes);
  for (let i = 0; i <= random.below(4); i++) changeValue(tree, random);
  return serialize(tree);
}

/** Changes one value among objects, lists and maps. */
function changeValue(root, random) {
  const [places, seen] = [[], new Set()];
  const visit = (holder) => {
    if (seen.has(holder)) return; // a change may have made it hold itself
    seen.add(holder);
    const entries = holder instanceof Map ? [...holder] : Object.entries(holder);
    for (const [key, value] of entries) {
      places.push([value, (other) => (holder instanceof Map ? holder.set(key, other) : (holder[key] = other))]);
      if (value && typeof value === "object" && !ArrayBuffer.isView(value)) visit(value);
    }
  };
  visit(root);
  const [value, put] = random.pick(places.slice(random.next() < 0.8 ? 3 : 0)) ?? random.pick(places);
  const others = [undefined, null, "", {}, [], new Map(), new Float32Array(0), new Float32Array(100_000).fill(NaN)];
  const cut = ArrayBuffer.isView(value) ? value.subarray(1) : random.pick(EXTREMES);
  put(random.pick([random.pick(others), random.pick(EXTREMES), random.pick(places)[0], cut]));
}

/** Files that nobody damaged, made once for all processes. */
async function seedsIn(folder) {
  if (!existsSync(folder)) {
    const draft = `${folder}-${process.pid}`;
    mkdirSync(draft);
    await makeSeeds((name) => join(draft, name));
    renameSync(draft, folder);
  }
  const names = ["model.onnx", ...Object.keys(USES)];
  return new Map(names.map((name) => [name, readFileSync(join(folder, name))]));
}

async function makeSeeds(at) {
  writeFileSync(at("model.onnx"), bytesOf(classifier()));
  const x = Float32Array.from({ length: 24 * 6 }, (_, i) => Math.sin(i * i));
  const labels = BigInt64Array.from({ length: 24 }, (_, i) => BigInt(i % 3));
  const array = npy("<f4", [24, 6], Buffer.from(x.buffer));
  writeFileSync(at("data.npy"), array);
  writeFileSync(at("data.npz"), npz({ x: array, labels: npy("<i8", [24], Buffer.from(labels.buffer)) }));
  await command("run", at("model.onnx"), "-o", at("x.onnx"), "--target", "macs=0.5", "--round-to", "1", "--plan", at("plan.json"), "--report", at("report.json"), "--eval", at("data.npz"), ...ONE); // prettier-ignore
  for (const name of ["plan", "report"]) renameSync(at(`${name}.json`), at(name));
  for (const name of ["journal", "search", "checkpoint"]) {
    const [argv, output] = USES[name](at);
    await command(...argv);
    rmSync(output, { force: true });
  }
}

/** An array as NumPy saves it. */
function npy(descr, shape, data) {
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape.join(", ")}, ), }`.padEnd(117) + "\n";
  return Buffer.from([0x93, ...strToU8("NUMPY"), 1, 0, text.length, 0, ...strToU8(text), ...data]);
}

/** Arrays by name in one file. */
const npz = (arrays) => zipSync(Object.fromEntries(Object.entries(arrays).map(([name, bytes]) => [`${name}.npy`, bytes]))); // prettier-ignore
