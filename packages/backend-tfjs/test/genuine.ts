import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { sampleInputs, type Model, type RunTensor } from "@prune/core";
import * as tfc from "@tensorflow/tfjs-converter";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";

/** What TensorFlow.js itself makes of files: a handler as its own for the file system of Node, which needs tfjs-node. */
export async function handlerFor(path: string): Promise<tf.io.IOHandler> {
  const { weightsManifest, ...json } = JSON.parse(await readFile(path, "utf8")) as tf.io.ModelJSON;
  const parts = await Promise.all(
    weightsManifest.flatMap((group) => group.paths.map((name) => readFile(join(dirname(path), name)))),
  );
  const weightData = new Uint8Array(Buffer.concat(parts)).buffer;
  const weightSpecs = weightsManifest.flatMap((group) => group.weights);
  return { load: () => Promise.resolve({ ...json, weightSpecs, weightData } as tf.io.ModelArtifacts) };
}

export const loadLayersModel = async (path: string): Promise<tfl.LayersModel> =>
  tfl.loadLayersModel(await handlerFor(path));

/** The sample inputs of a model, as TensorFlow.js takes them. */
export function samples({ graph }: Model): Record<string, tf.Tensor> {
  return Object.fromEntries(
    Object.entries(sampleInputs(graph)).map(([name, { data, dims, dtype }]) => [
      name,
      tf.tensor(data as Float32Array, [...dims], dtype === "int32" ? "int32" : "float32"),
    ]),
  );
}

export const resultOf = (tensor: tf.Tensor): RunTensor => ({
  dtype: "float32",
  dims: tensor.shape,
  data: tensor.dataSync() as Float32Array,
});

/** What TensorFlow.js's own GraphModel gives for the sample inputs of a model. */
export async function execute(path: string, model: Model): Promise<RunTensor[]> {
  const genuine = await tfc.loadGraphModel(await handlerFor(path));
  const outputs = model.graph.outputs.map((v) => v.name);
  const made = [await genuine.executeAsync(samples(model), outputs)].flat();
  return made.map(resultOf);
}
