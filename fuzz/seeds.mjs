// Healthy models that the damaged ones are made from: the sample networks of @prune/core/testing, as they are and with
// every node in a function of its own, and for TensorFlow.js a LayersModel with convolutions, a sum and a concatenation.
import { inFunctions } from "./in-functions.mjs";
import { load, loadFrom } from "./load.mjs";

const { Network, sampleNetworks } = await load("@prune/core/testing");
const { loadWasm } = await load("@prune/backend-tfjs");
const { concat, encodeModel } = await load("@prune/backend-onnx");

/** A graph as the bytes of its file. */
export const bytesOf = (graph) => concat(encodeModel(graph).chunks);

/** A graph in two files: its weights, down to the smallest, are in the second. */
function apart(graph) {
  const [name, parts] = ["weights.data", []];
  let end = 0;
  const place = (data) => {
    parts.push(data);
    end += data.length;
    return { location: name, offset: end - data.length, length: data.length };
  };
  const { chunks } = encodeModel(graph, { place });
  return { model: concat(chunks), data: Buffer.from(concat(parts)), name };
}

const graphs = sampleNetworks().map(({ network, outputs }) => network.graph(outputs));
export const onnxSeeds = graphs.map(bytesOf).flatMap((bytes) => [bytes, inFunctions(bytes)]);
export const onnxSeedsApart = graphs.map(apart);

/** A network that tells three classes apart. */
export function classifier() {
  const net = new Network();
  const hidden = net.relu(net.gemm("b", net.relu(net.gemm("a", net.input("x", ["batch", 6]), 16)), 12));
  return net.graph([net.gemm("c", hidden, 3)]);
}

/** A LayersModel as it is saved. */
export async function tfjsSeed() {
  const tfl = await loadFrom("packages/backend-tfjs", "@tensorflow/tfjs-layers");
  const { layers } = tfl;
  await loadWasm();
  await (await loadFrom("packages/backend-tfjs", "@tensorflow/tfjs-core")).ready();
  const x = tfl.input({ shape: [8, 8, 3] });
  const apply = (from, ...steps) => steps.reduce((y, layer) => layer.apply(y), from);
  const conv = (filters) => layers.conv2d({ filters, kernelSize: 3, padding: "same", useBias: false });
  const a = apply(x, conv(8), layers.batchNormalization(), layers.reLU({ maxValue: 6 }));
  const b = apply(a, layers.depthwiseConv2d({ kernelSize: 3, padding: "same" }), conv(8));
  const joined = layers.concatenate().apply([layers.add().apply([a, b]), a]);
  const y = apply(joined, layers.maxPooling2d({ poolSize: 2 }), layers.flatten(), layers.dense({ units: 12, activation: "relu" }), layers.dense({ units: 3 })); // prettier-ignore
  let saved;
  await tfl.model({ inputs: x, outputs: y }).save({ save: async (artifacts) => ((saved = artifacts), {}) });
  const { modelTopology, weightSpecs, weightData } = saved;
  const json = {
    format: "layers-model",
    modelTopology: typeof modelTopology === "string" ? JSON.parse(modelTopology) : modelTopology,
    weightsManifest: [{ paths: ["weights.bin"], weights: weightSpecs }],
  };
  return { json, weights: Buffer.from(weightData) };
}
