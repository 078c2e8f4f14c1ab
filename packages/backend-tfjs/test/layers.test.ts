import type { Model } from "@prune/core";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect, test } from "vitest";
import { fromLayersModel, loadWasm } from "../src/node/index.ts";
import { difference, fillWeights, predict, run } from "./prune.ts";

// Every layer, with its settings, computes in the translation what TensorFlow.js computes.

const { layers } = tfl;

beforeAll(async () => {
  await loadWasm();
  await tf.setBackend("wasm");
});

type Applied = { apply(x: unknown): unknown };
const plain = { recurrentInitializer: "glorotUniform" } as const;

/** Checks a model of one layer on inputs of the given shapes; tells which layers compute themselves. */
async function check(shapes: readonly (readonly (number | null)[])[], layer: Applied): Promise<string[]> {
  const inputs = shapes.map((shape) => tfl.input({ shape: [...shape] }));
  const outputs = layer.apply(inputs.length === 1 ? inputs[0] : inputs) as tfl.SymbolicTensor;
  return agree(fillWeights(tfl.model({ inputs, outputs })));
}

async function agree(original: tfl.LayersModel): Promise<string[]> {
  const model: Model = await fromLayersModel(original);
  const ours = await run(model);
  const theirs = predict(original, model);
  expect(theirs.length).toBe(ours.length);
  theirs.forEach((value, i) => expect(difference(value, ours[i]!)).toBeLessThan(1e-5));
  return model.graph.nodes.filter((node) => node.domain === "tfjs.layer").map((node) => node.opType);
}

const image = [8, 7, 3] as const;
const sequence = [6, 5] as const;
const volume = [5, 6, 4, 2] as const;

type Case = readonly [string, readonly (readonly (number | null)[])[], () => Applied];

const cases: Readonly<Record<string, readonly Case[]>> = {
  dense: [
    ["of rows", [[5]], () => layers.dense({ units: 4, activation: "tanh" })],
    [
      "of a sequence, without bias",
      [sequence],
      () => layers.dense({ units: 4, useBias: false, activation: "softmax" }),
    ],
  ],
  activations: [
    ...(["elu", "selu", "relu", "relu6", "sigmoid", "hardSigmoid", "softplus", "softsign", "tanh", "softmax", "logSoftmax", "swish", "mish", "gelu", "gelu_new", "linear"] as const).map((activation): Case => [activation, [sequence], () => layers.activation({ activation: activation as "relu" })]), // prettier-ignore
    ["ReLU", [image], () => layers.reLU()],
    ["ReLU with a maximum", [image], () => layers.reLU({ maxValue: 0.5 })],
    ["LeakyReLU", [image], () => layers.leakyReLU()],
    ["ELU", [image], () => layers.elu()],
    ["ThresholdedReLU", [image], () => layers.thresholdedReLU({ theta: 0.4 })],
    ["PReLU", [image], () => layers.prelu()],
    ["PReLU with shared axes", [image], () => layers.prelu({ sharedAxes: [1, 2] })],
    ["Dropout", [image], () => layers.dropout({ rate: 0.5 })],
    ["SpatialDropout1D", [sequence], () => layers.spatialDropout1d({ rate: 0.5 })],
    ["GaussianNoise", [image], () => layers.gaussianNoise({ stddev: 1 })],
    ["GaussianDropout", [image], () => layers.gaussianDropout({ rate: 0.5 })],
    ["AlphaDropout", [image], () => layers.alphaDropout({ rate: 0.5 })],
  ],
  convolutions: [
    ["Conv1D", [sequence], () => layers.conv1d({ filters: 4, kernelSize: 3, padding: "same", dilationRate: 2 })],
    ["Conv2D", [image], () => layers.conv2d({ filters: 4, kernelSize: [3, 2], strides: [2, 1], padding: "same" })],
    [
      "Conv2D, dilated",
      [image],
      () => layers.conv2d({ filters: 4, kernelSize: 2, dilationRate: 2, activation: "relu" }),
    ],
    ["Conv3D", [volume], () => layers.conv3d({ filters: 3, kernelSize: [2, 3, 2], padding: "same", strides: 2 })],
    ["Conv2DTranspose, same", [image], () => layers.conv2dTranspose({ filters: 4, kernelSize: 3, strides: 2, padding: "same" })], // prettier-ignore
    [
      "Conv2DTranspose, valid",
      [image],
      () => layers.conv2dTranspose({ filters: 4, kernelSize: [3, 4], strides: [2, 3] }),
    ],
    ["Conv2DTranspose, stride beyond the kernel", [image], () => layers.conv2dTranspose({ filters: 4, kernelSize: 2, strides: 3, padding: "same" })], // prettier-ignore
    ["DepthwiseConv2D", [image], () => layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, padding: "same" })],
    ["SeparableConv2D", [image], () => layers.separableConv2d({ filters: 5, kernelSize: 3, depthMultiplier: 2, strides: 2 })], // prettier-ignore
  ],
  pools: [
    ["MaxPooling1D", [sequence], () => layers.maxPooling1d({ poolSize: 2, strides: 1, padding: "same" })],
    ["AveragePooling1D", [sequence], () => layers.averagePooling1d({ poolSize: 3 })],
    ["MaxPooling2D", [image], () => layers.maxPooling2d({ poolSize: [3, 2], strides: [2, 2], padding: "same" })],
    ["AveragePooling2D", [image], () => layers.averagePooling2d({ poolSize: 3, strides: 2, padding: "same" })],
    ["MaxPooling3D", [volume], () => layers.maxPooling3d({ poolSize: 2, padding: "same" })],
    ["AveragePooling3D", [volume], () => layers.averagePooling3d({ poolSize: 2 })],
    ["GlobalMaxPooling1D", [sequence], () => layers.globalMaxPooling1d({})],
    ["GlobalAveragePooling1D", [sequence], () => layers.globalAveragePooling1d({})],
    ["GlobalMaxPooling2D", [image], () => layers.globalMaxPooling2d({})],
    ["GlobalAveragePooling2D", [image], () => layers.globalAveragePooling2d({})],
  ],
  normalisation: [
    ["BatchNormalization", [image], () => layers.batchNormalization()],
    ["BatchNormalization without scale and centre", [[5]], () => layers.batchNormalization({ scale: false, center: false })], // prettier-ignore
    ["LayerNormalization", [sequence], () => layers.layerNormalization()],
    ["LayerNormalization of two axes, without scale", [image], () => layers.layerNormalization({ axis: [2, 3], scale: false })], // prettier-ignore
  ],
  merges: [
    ["Add", [image, image, image], () => layers.add()],
    ["Multiply", [image, image], () => layers.multiply()],
    ["Average", [image, image], () => layers.average()],
    ["Maximum", [image, image], () => layers.maximum()],
    ["Minimum", [image, image], () => layers.minimum()],
    ["Concatenate", [image, image], () => layers.concatenate({ axis: 1 })],
    ["Dot of rows", [[5], [5]], () => layers.dot({ axes: -1, normalize: true })],
    ["Dot of sequences", [[6, 5], [4, 5]], () => layers.dot({ axes: [2, 2] })], // prettier-ignore
    ["Dot along the first axis", [[6, 5], [6, 4]], () => layers.dot({ axes: 1 })], // prettier-ignore
  ],
  shapes: [
    ["Flatten", [image], () => layers.flatten()],
    ["Reshape", [[6, 4]], () => layers.reshape({ targetShape: [3, -1, 2] })],
    ["Permute", [image], () => layers.permute({ dims: [3, 1, 2] })],
    ["RepeatVector", [[5]], () => layers.repeatVector({ n: 3 })],
    ["ZeroPadding2D", [image], () => layers.zeroPadding2d({ padding: [[1, 2], [0, 3]] })], // prettier-ignore
    ["Cropping2D", [image], () => layers.cropping2D({ cropping: [[1, 2], [0, 3]] })], // prettier-ignore
    ["UpSampling2D", [image], () => layers.upSampling2d({ size: [2, 3] })],
    ["UpSampling2D, linear", [image], () => layers.upSampling2d({ size: [2, 3], interpolation: "bilinear" })],
    ["TimeDistributed Dense", [sequence], () => layers.timeDistributed({ layer: layers.dense({ units: 3 }) })],
    ["TimeDistributed Conv2D", [[4, 8, 7, 3]], () => layers.timeDistributed({ layer: layers.conv2d({ filters: 3, kernelSize: 3 }) })], // prettier-ignore
    [
      "TimeDistributed Flatten, of any length",
      [[null, 3, 2]],
      () => layers.timeDistributed({ layer: layers.flatten() }),
    ],
  ],
  recurrent: [
    ["SimpleRNN", [sequence], () => layers.simpleRNN({ ...plain, units: 4, activation: "relu" })],
    ["GRU", [sequence], () => layers.gru({ ...plain, units: 4, returnSequences: true })],
    ["GRU without bias", [sequence], () => layers.gru({ ...plain, units: 4, useBias: false, recurrentActivation: "sigmoid" })], // prettier-ignore
    ["LSTM", [sequence], () => layers.lstm({ ...plain, units: 4 })],
    ["LSTM backwards", [sequence], () => layers.lstm({ ...plain, units: 4, goBackwards: true, returnSequences: true })],
    ["LSTM with its states", [sequence], () => layers.lstm({ ...plain, units: 4, returnState: true })],
    ...(["concat", "sum", "ave", "mul"] as const).flatMap((mergeMode): Case[] =>
      [true, false].map((returnSequences): Case => [
        `Bidirectional ${mergeMode}${returnSequences ? ", sequences" : ""}`,
        [sequence],
        () => layers.bidirectional({ layer: layers.lstm({ ...plain, units: 4, returnSequences }), mergeMode }),
      ]),
    ),
  ],
};

for (const [name, list] of Object.entries(cases)) {
  describe(name, () => {
    test.each(list)("%s", async (_, shapes, layer) => {
      expect(await check(shapes, layer())).toEqual([]);
    });
  });
}

test("Embedding", async () => {
  const x = tfl.input({ shape: [6], dtype: "int32" });
  const y = layers.embedding({ inputDim: 20, outputDim: 4 }).apply(x) as tfl.SymbolicTensor;
  expect(await agree(fillWeights(tfl.model({ inputs: x, outputs: y })))).toEqual([]);
});

test("a value that is an output, and read on the way to another", async () => {
  const x = tfl.input({ shape: [5] });
  const y = layers.dense({ units: 3 }).apply(x) as tfl.SymbolicTensor;
  expect(await agree(fillWeights(tfl.model({ inputs: x, outputs: [y, layers.reLU().apply(y) as tfl.SymbolicTensor] })))).toEqual([]); // prettier-ignore
});

describe("what ONNX has no words for computes itself", () => {
  const cases: readonly Case[] = [
    ["ConvLSTM2D", [[3, 6, 6, 2]], () => layers.convLstm2d({ ...plain, filters: 3, kernelSize: 3 })],
    ["Bidirectional", [sequence], () => layers.bidirectional({ layer: layers.lstm({ ...plain, units: 3, activation: "selu" }), mergeMode: "concat" })], // prettier-ignore
    ["TimeDistributed", [sequence], () => layers.timeDistributed({ layer: layers.reshape({ targetShape: [5, 1] }) })],
  ];
  test.each(cases)("%s", async (name, shapes, layer) => {
    expect(await check(shapes, layer())).toEqual([name]);
  });

  test("layers that skip the steps that a mask leaves out", async () => {
    const words = tfl.input({ shape: [6] });
    const known = layers.embedding({ inputDim: 20, outputDim: 4, maskZero: true }).apply(words);
    const outputs = layers.lstm({ ...plain, units: 3 }).apply(known) as tfl.SymbolicTensor;
    const original = fillWeights(tfl.model({ inputs: words, outputs }));
    const model = await fromLayersModel(original);
    expect(model.graph.nodes.filter((node) => node.domain).map((node) => node.opType)).toEqual(["LSTM"]);
    const session = await model.runtime.open(model.graph);
    const data = Float32Array.of(3, 7, 0, 5, 0, 0);
    const name = model.graph.outputs[0]!.name;
    const ours = (await session.run({ [model.graph.inputs[0]!.name]: { dtype: "float32", dims: [1, 6], data } }))[
      name
    ]!;
    const theirs = original.predict(tf.tensor(data, [1, 6])) as tf.Tensor;
    expect(difference({ dtype: "float32", dims: theirs.shape, data: theirs.dataSync() as Float32Array }, ours)).toBeLessThan(1e-5); // prettier-ignore
    await session.release();
  });

  test("Masking", async () => {
    const x = tfl.input({ shape: [...sequence] });
    const steps = layers.masking({ maskValue: 0 }).apply(x) as tfl.SymbolicTensor;
    const outputs = layers.gru({ ...plain, units: 3 }).apply(steps) as tfl.SymbolicTensor;
    expect(await agree(fillWeights(tfl.model({ inputs: x, outputs })))).toEqual(["GRU"]);
  });
});
