// Trains a LayersModel on 10,000 images of Fashion-MNIST in TensorFlow.js on its wasm backend, prunes it to half its
// MACs, and gets accuracy back in three ways: by fitting what is left to 1,000 of them without labels, by `model.fit` of
// TensorFlow.js, and by the toolkit's training graph on ONNX Runtime. Accuracy is that of TensorFlow.js itself on the 10,000 test images; steps have 64
// images, all on one thread.
// Usage: node benchmarks/tfjs/train.mjs [--epochs 8] [--retrain 3] [--seed 0]     (after `pnpm build`)
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { table } from "../table.mjs";

const from = (folder) => createRequire(new URL(`../../${folder}/package.json`, import.meta.url));
const load = (name, folder) => import(pathToFileURL(from(folder).resolve(name)));
const tf = await load("@tensorflow/tfjs", "packages/backend-tfjs");
const { fromLayersModel, loadWasm, toLayersModel } = await load("@prune/backend-tfjs/node", "packages/cli");
const { fitLayers, registerTrainingKernels } = await load("@prune/backend-tfjs/training", "packages/cli");
const { onnxruntimeNode, ortRuntime } = await load("@prune/backend-onnx/node", "packages/cli");
const { firstOf, prune } = await load("@prune/core", "packages/cli");
const { neuron } = await load("@prune/pruner-neuron", "packages/cli");
const { l2 } = await load("@prune/scorer-magnitude", "packages/cli");
const { bn, finetune, reconstruct } = await load("@prune/recovery", "packages/cli");
const { parseNpz } = await load("@prune/cli", "apps/demo");

const { values } = parseArgs({
  options: {
    epochs: { type: "string", default: "8" },
    retrain: { type: "string", default: "3" },
    seed: { type: "string", default: "0" },
  },
});
const [epochs, retrain, seed] = [values.epochs, values.retrain, values.seed].map(Number);
const BATCH = 64;

function images(file) {
  const { arrays } = parseNpz(readFileSync(new URL(`../../fixtures/fashion-mnist/${file}`, import.meta.url)), file);
  const labels = Int32Array.from(arrays.get("labels").data);
  return { count: labels.length, pixels: Float32Array.from(arrays.get("image").data, (v) => v / 255), labels };
}
const [training, test] = [images("train10k.npz"), images("test10k.npz")];
const rows = ({ pixels }, begin, end) => tf.tensor4d(pixels.subarray(784 * begin, 784 * end), [end - begin, 28, 28, 1]);

await loadWasm();
await tf.setBackend("wasm");
registerTrainingKernels();

function network() {
  let next = seed;
  const initial = () => ({ kernelInitializer: tf.initializers.heNormal({ seed: ++next }) });
  const net = tf.sequential();
  const conv = (filters, kernelSize, more = {}) => {
    const settings = { filters, kernelSize, strides: 2, padding: "same", useBias: false };
    net.add(tf.layers.conv2d({ ...settings, ...initial(), ...more }));
    net.add(tf.layers.batchNormalization({ momentum: 0.9 }));
    net.add(tf.layers.reLU());
  };
  conv(24, 5, { inputShape: [28, 28, 1] });
  conv(48, 3);
  net.add(tf.layers.flatten());
  net.add(tf.layers.dense({ units: 64, activation: "relu", ...initial() }));
  net.add(tf.layers.dense({ units: 10, activation: "softmax", ...initial() }));
  return net;
}

/** Accuracy of a LayersModel, as TensorFlow.js computes it. */
function accuracyOf(net) {
  let hits = 0;
  for (let at = 0; at < test.count; at += 500) {
    const predicted = tf.tidy(() => tf.argMax(net.predict(rows(test, at, at + 500)), 1).dataSync());
    predicted.forEach((label, i) => (hits += label === test.labels[at + i] ? 1 : 0));
  }
  return hits / test.count;
}

/** Mean time of steps, without what comes before the first: of this process, whatever else the machine does. */
function stepClock() {
  const now = () => process.cpuUsage().user / 1000;
  let [first, last, steps] = [0, 0, -1];
  return {
    tick() {
      last = now();
      if (++steps === 0) first = last;
    },
    text: () => (steps > 0 ? `${((last - first) / steps).toFixed(1)} ms` : ""),
  };
}

const heads = ["network", "MACs", "trained by", "test accuracy", "per step"];
const results = table(fileURLToPath(new URL("train.md", import.meta.url)), heads);
const percent = (part) => `${(100 * part).toFixed(2)}%`;

const net = network();
const total = epochs * Math.ceil(training.count / BATCH);
const optimizer = tf.train.adam(2e-3);
net.compile({ optimizer, loss: "categoricalCrossentropy" });
const clock = stepClock();
let step = 0;
const [xs, ys] = [
  rows(training, 0, training.count),
  tf.cast(tf.oneHot(tf.tensor1d(training.labels, "int32"), 10), "float32"),
];
await net.fit(xs, ys, {
  epochs,
  batchSize: BATCH,
  verbose: 0,
  callbacks: {
    onBatchBegin: () => (optimizer.learningRate = 1e-3 * (1 + Math.cos((Math.PI * step++) / total))),
    onBatchEnd: () => clock.tick(),
  },
});
tf.dispose([xs, ys]);
results.add(["dense", "100%", "TensorFlow.js, wasm", percent(accuracyOf(net)), clock.text()]);

const data = {
  count: training.count,
  batchSize: BATCH,
  labels: training.labels,
  batch: (begin, end) => ({
    [net.inputNames[0]]: {
      dtype: "float32",
      dims: [end - begin, 28, 28, 1],
      data: training.pixels.subarray(784 * begin, 784 * end),
    },
  }),
};
const options = { epochs: retrain, batchSize: BATCH, lr: 2e-3 };
const trainer = ortRuntime(onnxruntimeNode, { sessionOptions: { intraOpNumThreads: 1 } });
const ways = [
  ["", {}, []],
  ["", {}, [bn(), reconstruct()]],
  ["TensorFlow.js, wasm", {}, [fitLayers(options)]],
  ["training graph, ONNX Runtime", { trainer }, [finetune(options)]],
];
for (const [name, runtimes, recover] of ways) {
  const model = await fromLayersModel(net, runtimes);
  const steps = stepClock();
  const { model: smaller, report } = await prune(model, {
    pruner: neuron(),
    scorer: l2(),
    target: { macs: 0.5 },
    calibration: firstOf(data, 1000),
    training: data,
    recover,
    seed,
    onProgress: (what) => /epoch/.test(what) && steps.tick(),
  });
  const share = `${((100 * report.after.macs) / report.before.macs).toFixed(0)}%`;
  const again = await toLayersModel(smaller, tf);
  const epochsOf = report.recovery?.at(-1)?.notes?.epochs;
  results.add([
    epochsOf
      ? `retrained, ${epochsOf} ${epochsOf === 1 ? "epoch" : "epochs"}`
      : recover.length
        ? "recovered"
        : "as cut",
    share,
    name,
    percent(accuracyOf(again)),
    steps.text(),
  ]);
}
results.write(`${epochs} epochs for the dense network; steps of ${BATCH} images in processor time, one thread.`);
