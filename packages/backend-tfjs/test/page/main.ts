import { fromLayersModel, readTfjs, tfjsFiles, toLayersModel } from "@prune/backend-tfjs";
import { fitLayers } from "@prune/backend-tfjs/training";
import { type DataSource, type Model, prune, type PruneResult, sampleInputs } from "@prune/core";
import { neuron } from "@prune/pruner-neuron";
import { l2 } from "@prune/scorer-magnitude";
import * as tf from "@tensorflow/tfjs";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import simd from "@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-simd.wasm?url";
import threaded from "@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd.wasm?url";
import plain from "@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm.wasm?url";
import type { PageResult } from "../page-calls.ts";

// What a page does with a model: loads it, prunes it, runs it, trains it, and keeps it.

setWasmPaths({
  "tfjs-backend-wasm.wasm": plain,
  "tfjs-backend-wasm-simd.wasm": simd,
  "tfjs-backend-wasm-threaded-simd.wasm": threaded,
});

const halve = (model: Model, more: object = {}): Promise<PruneResult> =>
  prune(model, { pruner: neuron(), scorer: l2(), target: { macs: 0.5 }, ...more });

async function run({ graph, runtime }: Model): Promise<Float32Array> {
  const session = await runtime.open(graph);
  const results = await session.run(sampleInputs(graph));
  await session.release();
  return results[graph.outputs[0]!.name]!.data as Float32Array;
}

const feeds = ({ graph }: Model): tf.Tensor[] =>
  Object.values(sampleInputs(graph)).map(({ data, dims }) => tf.tensor(data as Float32Array, [...dims]));

function difference(a: Float32Array, b: Float32Array): number {
  const scale = a.reduce((most, v) => Math.max(most, Math.abs(v)), 1e-6);
  return a.reduce((most, v, i) => Math.max(most, Math.abs(v - b[i]!)), 0) / scale;
}

const sizeOf = (model: Model): number => {
  const { json, shards } = tfjsFiles(model);
  return shards.reduce((sum, { bytes }) => sum + bytes.length, json.length);
};

const resultOf = ({ report }: PruneResult): Pick<PageResult, "macs" | "params" | "exact"> => ({
  macs: report.after.macs / report.before.macs,
  params: report.after.params / report.before.params,
  exact: report.verification?.exact === true,
});

/** A LayersModel: loaded by its address, pruned, and kept in the page's IndexedDB. */
async function layersModel(backend: string, url: string): Promise<PageResult> {
  await tf.setBackend(backend);
  const model = await fromLayersModel(await tf.loadLayersModel(url));
  const result = await halve(model);
  const smaller = (await toLayersModel(result.model, tf)) as tf.LayersModel;
  const inputs = feeds(result.model);
  const predicted = (await (smaller.predict(inputs) as tf.Tensor).data()) as Float32Array;
  await smaller.save("indexeddb://smaller");
  const kept = await tf.loadLayersModel("indexeddb://smaller");
  const again = (await (kept.predict(inputs) as tf.Tensor).data()) as Float32Array;
  return {
    ...resultOf(result),
    difference: difference(predicted, await run(result.model)),
    keptDifference: difference(predicted, again),
    bytes: { before: sizeOf(model), after: sizeOf(result.model) },
  };
}

/** A GraphModel: its files fetched, pruned, and written to files in memory, which TensorFlow.js then loads. */
async function graphModel(backend: string, url: string): Promise<PageResult> {
  await tf.setBackend(backend);
  const at = (path: string): string => new URL(path, new URL(url, location.href)).href;
  const shard = async (path: string): Promise<Uint8Array> =>
    new Uint8Array(await (await fetch(at(path))).arrayBuffer());
  const model = await readTfjs(await (await fetch(url)).text(), shard, { layers: tf, converter: tf });
  const result = await halve(model);
  const { json, shards } = tfjsFiles(result.model);
  const files = [
    new File([json as BlobPart], "model.json"),
    ...shards.map(({ name, bytes }) => new File([bytes as BlobPart], name)),
  ];
  const kept = await tf.loadGraphModel(tf.io.browserFiles(files));
  const [made] = [kept.predict(feeds(result.model))].flat() as tf.Tensor[];
  const ours = await run(result.model);
  const apart = difference((await made!.data()) as Float32Array, ours);
  return {
    ...resultOf(result),
    difference: apart,
    keptDifference: apart,
    bytes: { before: sizeOf(model), after: sizeOf(result.model) },
  };
}

/** Loss on samples held out, before and after training a pruned LayersModel in the page. */
async function training(backend: string, url: string): Promise<{ before: number; after: number }> {
  await tf.setBackend(backend);
  const model = await fromLayersModel(await tf.loadLayersModel(url));
  const [input] = model.graph.inputs;
  const dims = input!.dims!.slice(1).map(Number);
  const size = dims.reduce((a, b) => a * b, 1);
  const count = 128;
  const labels = Int32Array.from({ length: count }, (_, i) => i % 4);
  // Each class is a wave of its own.
  const batch: DataSource["batch"] = (from, to) => ({
    [input!.name]: { dtype: "float32", dims: [to - from, ...dims], data: Float32Array.from({ length: (to - from) * size }, (_, i) => Math.sin((1 + labels[from + Math.floor(i / size)]!) * 0.21 * (i % size))) }, // prettier-ignore
  });
  const calibration: DataSource = { count, batchSize: 16, labels, batch };
  const recover = [fitLayers({ tf, epochs: 4, batchSize: 16, lr: 1e-2 })];
  const { report } = await halve(model, { calibration, recover });
  return report.recovery![0]!.notes!.heldOut!.loss;
}

globalThis.page = { layersModel, graphModel, training };
