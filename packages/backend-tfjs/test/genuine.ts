import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type * as tf from "@tensorflow/tfjs-core";
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
