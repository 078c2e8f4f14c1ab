// Trains an MLP and a CNN from scratch on 10,000 images of Fashion-MNIST and measures them on the 10,000 test images:
// 3 epochs, batch 32, AdamW 2e-3, cosine schedule, one thread.
//   node benchmarks/training/run.mjs [mlp] [cnn] [--epochs 3] [--seed 0]
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { networks } from "./networks.mjs";

const from = (folder) => createRequire(new URL(`../../${folder}/package.json`, import.meta.url));
const load = (name, folder = "apps/demo") => import(pathToFileURL(from(folder).resolve(name)));
const { onnxModel, onnxruntimeNode, ortRuntime } = await load("@prune/backend-onnx");
const { parseNpz } = await load("@prune/cli");
const { adamW, cosine, crossEntropy, train } = await load("@prune/autodiff", "packages/autodiff");

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { epochs: { type: "string", default: "3" }, seed: { type: "string", default: "0" } },
});
const [epochs, seed] = [Number(values.epochs), Number(values.seed)];

function images(file) {
  const { arrays } = parseNpz(readFileSync(new URL(`../../fixtures/fashion-mnist/${file}`, import.meta.url)), file);
  const [image, labels] = [arrays.get("image"), arrays.get("labels")];
  const data = Float32Array.from(image.data, (v) => v / 255);
  return {
    inputs: { image: { dtype: "float32", dims: image.dims, data } },
    labels: { dtype: "uint8", dims: labels.dims, data: labels.data },
  };
}

const [training, test] = [images("train10k.npz"), images("test10k.npz")];
console.log("| network | loss | test accuracy | ms per step |\n| --- | ---: | ---: | ---: |");
for (const name of positionals.length ? positionals : ["mlp", "cnn"]) {
  const model = onnxModel(networks[name](seed + 1), { runtime: ortRuntime(onnxruntimeNode) });
  let [speed, accuracy] = [0, 0];
  const { graph, history } = await train(model, {
    data: training,
    loss: crossEntropy(),
    epochs,
    batchSize: 32,
    optimizer: adamW({ learningRate: 2e-3 }),
    schedule: cosine(),
    seed,
    threads: 1,
    onProgress: ({ stepsPerSecond }) => (speed = stepsPerSecond),
  });
  const session = await model.runtime.open(graph);
  const [output] = graph.outputs;
  const logits = (await session.run(test.inputs))[output.name].data;
  await session.release();
  test.labels.data.forEach((label, i) => {
    const row = logits.subarray(10 * i, 10 * i + 10);
    if (row.indexOf(Math.max(...row)) === label) accuracy += 1 / test.labels.data.length;
  });
  const cells = [name, history.at(-1).loss.toFixed(4), accuracy.toFixed(4), (1000 / speed).toFixed(2)];
  console.log(`| ${cells.join(" | ")} |`);
}
