// Runs cases that the parent names, and tells it how each ended. Ends with the parent.
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "./load.mjs";
import { mutateOnnx } from "./mutate-onnx.mjs";
import { mutateTfjs } from "./mutate-tfjs.mjs";
import { randomOf } from "./random.mjs";
import { onnxSeeds, tfjsSeed } from "./seeds.mjs";

const { isPruneError, prune } = await load("@prune/core");
const { loadOnnx } = await load("@prune/backend-onnx");
const { loadTfjs } = await load("@prune/backend-tfjs");
const { neuron } = await load("@prune/pruner-neuron");
const { l2 } = await load("@prune/scorer-magnitude");
const seed = await tfjsSeed();
const [, , dir] = process.argv;

/** One file in five is of TensorFlow.js. */
function writeCase(n, folder) {
  const random = randomOf(n);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  if (n % 5 < 4) {
    const path = join(folder, "model.onnx");
    writeFileSync(path, mutateOnnx(random.pick(onnxSeeds), random));
    return { path, output: join(folder, "out.onnx"), open: () => loadOnnx(path, { threads: 1 }) };
  }
  const path = join(folder, "model.json");
  const { text, weights } = mutateTfjs(seed, random);
  writeFileSync(path, text);
  if (weights) writeFileSync(join(folder, "weights.bin"), weights);
  return { path, output: join(folder, "out.json"), open: () => loadTfjs(path) };
}

/** What the toolkit makes of a file: "done", the code of its error, or what should not have happened. */
async function outcomeOf({ open, output }) {
  try {
    const model = await open();
    const { model: smaller } = await prune(model, {
      pruner: neuron({ roundTo: 1 }),
      scorer: l2(),
      target: { macs: 0.5 },
    });
    await smaller.save(output);
    return existsSync(output) ? { code: "done" } : { fault: "saved nothing" };
  } catch (error) {
    if (!isPruneError(error)) return { fault: error?.stack ?? String(error) };
    if (existsSync(output)) return { fault: `left a file behind: ${error.message}` };
    return { code: error.code, message: error.message };
  }
}

async function runCase(n) {
  const outcome = await outcomeOf(writeCase(n, join(dir, "case")));
  process.send({ n, ...outcome, rss: process.memoryUsage.rss() });
}

process.on("message", ({ n }) => void runCase(n));
process.on("unhandledRejection", (error) => process.send({ stray: error?.stack ?? String(error) }));
process.send({ ready: true });
