// Healthy models that the damaged ones are made from: the sample networks of @prune/core/testing, and for
// TensorFlow.js a LayersModel with convolutions, a sum and a concatenation.
import { load, loadFrom } from "./load.mjs";

const { sampleNetworks } = await load("@prune/core/testing");
const { loadWasm } = await load("@prune/backend-tfjs");
const { concat, encodeModel } = await load("@prune/backend-onnx");

const bytesOf = (graph) => concat(encodeModel(graph).chunks);

export const onnxSeeds = sampleNetworks().map(({ network, outputs }) => bytesOf(network.graph(outputs)));

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
