// Trains the language model that is pruned here, from nothing: characters of Moby-Dick, one thread: some minutes of an idle core.
//   node benchmarks/language-model/train.mjs OUT.onnx [--epochs 2] [--batch 16] [--lr 3e-3] [--seed 0] [--steps N]
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { languageModel, SIZES } from "./network.mjs";
import { readText, samplesOf } from "./text.mjs";

const from = (folder) => createRequire(new URL(`../../${folder}/package.json`, import.meta.url));
const load = (name, folder = "apps/demo") => import(pathToFileURL(from(folder).resolve(name)));
const { onnxModel, onnxruntimeNode, ortRuntime } = await load("@prune/backend-onnx");
const { adamW, cosine, crossEntropy, train, warmUp } = await load("@prune/autodiff", "packages/autodiff");

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    epochs: { type: "string", default: "2" },
    batch: { type: "string", default: "16" },
    lr: { type: "string", default: "3e-3" },
    seed: { type: "string", default: "0" },
    steps: { type: "string", default: "Infinity" },
  },
});
const [output] = positionals;
if (output === undefined) throw new Error("Say where the model goes: train.mjs OUT.onnx");
const seed = Number(values.seed);

const { characters, training, validation } = readText();
const dataOf = (ids) => {
  const { labels, ...inputs } = samplesOf(ids, SIZES.context);
  return { inputs, labels };
};
const model = onnxModel(languageModel(characters.length, seed + 1), { runtime: ortRuntime(onnxruntimeNode) });
const signal = { aborted: false };
const { graph, history } = await train(model, {
  data: dataOf(training),
  validation: dataOf(validation),
  chooseBy: "loss",
  loss: crossEntropy(),
  epochs: Number(values.epochs),
  batchSize: Number(values.batch),
  optimizer: adamW({ learningRate: Number(values.lr), weightDecay: 0.1 }),
  schedule: warmUp(cosine()),
  clipNorm: 1,
  seed,
  threads: 1,
  signal,
  onProgress: ({ step, steps, loss, stepsPerSecond, secondsLeft }) => {
    signal.aborted = step >= Number(values.steps);
    if (step % 100 === 0 || signal.aborted)
      console.error(`step ${step} of ${steps}, loss ${loss.toFixed(3)}, ${(1000 / stepsPerSecond).toFixed(0)} ms per step, ${Math.ceil(secondsLeft)} s left`); // prettier-ignore
  },
});
for (const { epoch, loss, validation: held } of history)
  console.log(`epoch ${epoch}: loss ${loss.toFixed(4)}, on text held out ${held.loss.toFixed(4)}`);
writeFileSync(output, onnxModel(graph, { runtime: model.runtime }).toBytes());
