import { onnxruntimeNode, ortRuntime } from "@prune/backend-onnx/node";
import { type DataSource, type Model, prune, type PruneResult, type RecoveryStep, toFloat32 } from "@prune/core";
import { connection } from "@prune/pruner-connection";
import { neuron } from "@prune/pruner-neuron";
import { finetune } from "@prune/recovery";
import { absolute, l2 } from "@prune/scorer-magnitude";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { fashion } from "../../autodiff/test/fashion.ts";
import { fromLayersModel, loadTfjs, loadWasm, toLayersModel } from "../src/node/index.ts";
import { fitLayers } from "../src/training/index.ts";
import { fillWeights } from "./prune.ts";
import { human } from "./shipped.ts";
import { manyInputsAndOutputs } from "./zoo.ts";

// Retraining by TensorFlow.js itself, on images of Fashion-MNIST.

beforeAll(async () => {
  await loadWasm();
  await tf.setBackend("wasm");
});

function images(count: number, { graph }: Model): DataSource {
  const { inputs, labels } = fashion("train10k.npz", count);
  const pixels = inputs["image"]!.data as Float32Array;
  return {
    count,
    batchSize: 32,
    labels: Int32Array.from(labels.data),
    batch: (from, to) => ({
      [graph.inputs[0]!.name]: { dtype: "float32", dims: [to - from, 28, 28, 1], data: pixels.subarray(784 * from, 784 * to) }, // prettier-ignore
    }),
  };
}

function network(softmax = true): tf.Sequential {
  const net = tf.sequential();
  net.add(tf.layers.conv2d({ filters: 8, kernelSize: 3, strides: 2, inputShape: [28, 28, 1], name: "first" }));
  net.add(tf.layers.batchNormalization({ momentum: 0.9 }));
  net.add(tf.layers.reLU());
  net.add(tf.layers.depthwiseConv2d({ kernelSize: 3, name: "each" }));
  net.add(tf.layers.maxPooling2d({ poolSize: 2 }));
  net.add(tf.layers.flatten());
  net.add(tf.layers.dense({ units: 24, activation: "relu", name: "hidden" }));
  net.add(tf.layers.dense({ units: 10, name: "classes", ...(softmax ? { activation: "softmax" } : {}) }));
  return fillWeights(net) as tf.Sequential;
}

const OPTIONS = { batchSize: 32, lr: 5e-3 };

async function retrained(
  step: RecoveryStep,
  { net = network(), count = 640, trainer = false }: { net?: tf.LayersModel; count?: number; trainer?: boolean } = {},
): Promise<PruneResult & { readonly before: Model }> {
  const before = await fromLayersModel(net, trainer ? { trainer: ortRuntime(onnxruntimeNode) } : {});
  const training = images(count, before);
  const options = { pruner: neuron({ roundTo: 1 }), scorer: l2(), target: { macs: 0.5 } };
  return { ...(await prune(before, { ...options, training, calibration: training, recover: [step] })), before };
}

const heldOut = ({ report }: PruneResult): NonNullable<NonNullable<typeof report.recovery>[0]["notes"]>["heldOut"] =>
  report.recovery![0]!.notes!.heldOut;

test.each([true, false])("a pruned model learns again (ending in a softmax: %s)", async (softmax) => {
  const net = network(softmax);
  const tensors = tf.memory().numTensors;
  const result = await retrained(fitLayers({ ...OPTIONS, epochs: 3 }), { net });
  expect(tf.memory().numTensors).toBe(tensors);
  const { loss, metric, samples } = heldOut(result)!;
  expect(samples).toBe(64);
  expect(loss.after).toBeLessThan(0.6 * loss.before);
  expect(metric!.after).toBeGreaterThan(metric!.before + 0.2);
  // What the notes say is what TensorFlow.js measures of the model that comes back.
  const { batch, labels } = images(640, result.model);
  const smaller = (await toLayersModel(result.model, tf)) as tf.LayersModel;
  const { data, dims } = Object.values(batch(0, 640))[0]!;
  const answers = (smaller.predict(tf.tensor(data as Float32Array, [...dims])) as tf.Tensor).argMax(1).dataSync();
  expect(answers.filter((label, i) => label === labels![i]).length / 640).toBeGreaterThan(0.5);
  expect(smaller.countParams()).toBeLessThan(net.countParams());
});

test("TensorFlow.js and the training graph on ONNX Runtime come to the same", async () => {
  const options = { ...OPTIONS, epochs: 2 };
  const here = await retrained(fitLayers(options));
  const labelsAlone = finetune({ ...options, teacher: 0 });
  const there = await retrained(labelsAlone, { trainer: true });
  const graphHere = await retrained(labelsAlone);
  const [a, b, c] = [heldOut(here)!, heldOut(there)!, heldOut(graphHere)!];
  expect(a.samples).toBe(b.samples);
  expect(a.loss.before).toBeCloseTo(b.loss.before, 4); // the same samples are held out
  expect(Math.abs(a.loss.after - b.loss.after)).toBeLessThan(0.15);
  expect(Math.abs(a.metric!.after - b.metric!.after)).toBeLessThan(0.08);
  // The same graph on two runtimes differs by rounding alone.
  expect(c.loss.after).toBeCloseTo(b.loss.after, 2);
}, 90_000);

test("masked weights stay zero, others learn", async () => {
  const before = await fromLayersModel(network());
  const training = images(160, before);
  const options = { pruner: connection(), scorer: absolute(), target: { sparsity: 0.7 }, calibration: training };
  const cut = await prune(before, options);
  const { model } = await prune(before, { ...options, recover: [fitLayers({ ...OPTIONS, epochs: 1 })] });
  for (const [name, tensor] of cut.model.graph.parameters) {
    if (tensor.dims.length < 2) continue;
    const [was, is] = [toFloat32(tensor), toFloat32(model.graph.parameters.get(name)!)];
    expect(Array.from(is, (w) => w === 0)).toEqual(Array.from(was, (w) => w === 0));
    expect([...is]).not.toEqual([...was]);
  }
});

test("frozen layers stay as they are, and callbacks are called as in model.fit", async () => {
  const net = network();
  net.getLayer("hidden").trainable = false;
  const heard: string[] = [];
  const callbacks = [
    { onEpochEnd: (epoch: number, logs: tf.Logs) => void heard.push(`${epoch} ${Object.keys(logs).sort().join()}`) },
    tf.callbacks.earlyStopping({ monitor: "val_loss" }),
  ];
  const { model, before } = await retrained(fitLayers({ ...OPTIONS, epochs: 2, callbacks }), { net, count: 160 });
  expect(heard).toEqual(["0 acc,loss,val_acc,val_loss", "1 acc,loss,val_acc,val_loss"]);
  const [was, is] = [before, model].map(({ graph }) => new Set(toFloat32(graph.parameters.get("hidden/bias")!)));
  expect([...is!].every((w) => was!.has(w))).toBe(true); // of the hidden units some left
  expect(toFloat32(model.graph.parameters.get("classes/bias")!)).not.toEqual(toFloat32(before.graph.parameters.get("classes/bias")!)); // prettier-ignore
});

test("an interruption keeps the best weights so far", async () => {
  const before = await fromLayersModel(network());
  const training = images(160, before);
  const signal = { aborted: false };
  const { report } = await prune(before, {
    ...{ pruner: neuron({ roundTo: 1 }), scorer: l2(), target: { macs: 0.5 }, calibration: training, signal },
    recover: [fitLayers({ ...OPTIONS, epochs: 50 })],
    onProgress: (text) => (signal.aborted ||= text.includes("epoch 3 ")),
  });
  expect(report.recovery![0]!.notes).toMatchObject({ epochs: 2 });
});

test("what makes nothing better is taken back whole", async () => {
  const { report } = await retrained(fitLayers({ epochs: 1, lr: 1e-30, batchSize: 32 }), { count: 96 });
  const { loss } = report.recovery![0]!.notes!.heldOut!;
  expect(loss.after).toBeLessThanOrEqual(loss.before);
});

describe("what cannot be trained", () => {
  test.each([
    [{ epochs: 0 }, "Option epochs must be a whole number of at least 1, got 0."],
    [{ lr: -1 }, "Option lr must be a number above 0, got -1."],
    [{ validation: 1 }, "Option validation must be above 0 and below 1, got 1."],
  ])("%o is refused before anything runs", (options, message) => {
    expect(() => fitLayers(options)).toThrow(message);
  });

  test("too few samples", async () => {
    await expect(retrained(fitLayers(), { count: 40 })).rejects.toThrow(
      'Recovery step "fit" needs at least 68 samples, to train on a batch and to hold some out; its data has 40.',
    );
  });

  test("a GraphModel, and a model of several outputs", async () => {
    const context = { edits: {}, data: { count: 1000, batchSize: 1, labels: new Int32Array(1000), batch: () => ({}) } };
    const { graph } = await loadTfjs(human("facemesh"));
    await expect(fitLayers().recover({ ...context, pruned: graph } as never)).rejects.toThrow("Only a LayersModel can be trained in TensorFlow.js"); // prettier-ignore
    const many = await fromLayersModel(manyInputsAndOutputs());
    await expect(fitLayers().recover({ ...context, pruned: many.graph } as never)).rejects.toThrow("trains models of one output [N, C] on labels"); // prettier-ignore
  });

  test("a training that diverges", async () => {
    const step = fitLayers({ ...OPTIONS, optimizer: (rate) => tf.train.sgd(rate), lr: 1e30 });
    await expect(retrained(step, { net: network(false), count: 160 })).rejects.toThrow(
      "training diverged. Lower the learning rate.",
    );
  });
});
