// What a case consists of: damaged files, and what the toolkit is asked to do with them. Every case follows from its
// number alone.
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { load } from "./load.mjs";
import { mutateDataFile, mutateOnnx } from "./mutate-onnx.mjs";
import { mutateShards, mutateTfjs } from "./mutate-tfjs.mjs";
import { noteCase } from "./notes.mjs";
import { randomOf } from "./random.mjs";
import { onnxSeeds, onnxSeedsApart, tfjsSeed } from "./seeds.mjs";

const { prune } = await load("@prune/core");
const { loadOnnx } = await load("@prune/backend-onnx");
const { loadTfjs } = await load("@prune/backend-tfjs");
const { neuron } = await load("@prune/pruner-neuron");
const { l2 } = await load("@prune/scorer-magnitude");
const seed = await tfjsSeed();

/** Of twenty cases so many are of each kind. */
const KINDS = [
  ["ONNX", 13, onnxCase],
  ["ONNX with a data file", 1, dataFileCase],
  ["TensorFlow.js", 4, tfjsCase],
  ["TensorFlow.js shards", 1, shardsCase],
  ["plans, reports, journals, checkpoints, data", 1, noteCase],
].flatMap(([kind, share, make]) => Array.from({ length: share }, () => ({ kind, make })));

/** Lays out case n in a folder. @returns its kind, what is to be done, and the file that this should write */
export async function makeCase(n, folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const { kind, make } = KINDS[n % KINDS.length];
  return { kind, ...(await make(randomOf(n), folder)) };
}

async function pruneAndSave(model, output) {
  const target = { macs: 0.5 };
  const { model: smaller } = await prune(model, { pruner: neuron({ roundTo: 1 }), scorer: l2(), target });
  await smaller.save(output);
}

function onnxCase(random, folder) {
  return onnxWork(folder, mutateOnnx(random.pick(onnxSeeds), random));
}

function dataFileCase(random, folder) {
  const { bytes, files } = mutateDataFile(random.pick(onnxSeedsApart), random);
  writeFiles(folder, files);
  return onnxWork(folder, bytes);
}

function onnxWork(folder, bytes) {
  const [path, output] = [join(folder, "model.onnx"), join(folder, "out.onnx")];
  writeFileSync(path, bytes);
  return { output, work: async () => pruneAndSave(await loadOnnx(path, { threads: 1 }), output) };
}

function tfjsCase(random, folder) {
  return tfjsWork(folder, mutateTfjs(seed, random));
}

function shardsCase(random, folder) {
  return tfjsWork(folder, mutateShards(seed, random));
}

function tfjsWork(folder, { text, files }) {
  const [path, output] = [join(folder, "model.json"), join(folder, "out.json")];
  writeFileSync(path, text);
  writeFiles(folder, files);
  return { output, work: async () => pruneAndSave(await loadTfjs(path), output) };
}

/** Files by name: bytes, "link" for a link that leads out of the folder, or undefined for a folder. */
function writeFiles(folder, files) {
  for (const [name, content] of files) {
    const path = join(folder, name);
    if (content === undefined) mkdirSync(path);
    else if (content === "link") {
      writeFileSync(join(dirname(folder), "outside.bin"), Buffer.alloc(65_536));
      symlinkSync(join(dirname(folder), "outside.bin"), path);
    } else writeFileSync(path, content);
  }
}
