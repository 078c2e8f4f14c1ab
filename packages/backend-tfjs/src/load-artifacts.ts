import type { Graph } from "@prune/core";
import * as tf from "@tensorflow/tfjs-core";
import { errorMissingLayers, errorTopologyLoad } from "./errors.ts";
import { concat } from "./format/write-tfjs.ts";
import { entryOf } from "./format/write-tfjs.ts";
import type { TfjsFile } from "./format/tfjs-file.ts";
import type { LayersModel } from "./layers/layers-model.ts";
import { readLayersModel } from "./layers/read-layers-model.ts";

/** The part of `@tensorflow/tfjs-layers` that is used here. */
export interface TfjsLayers {
  loadLayersModel(handler: never, options?: object): Promise<unknown>;
}

/** Packages that may be left out of an installation. */
export interface TfjsPackages {
  /** `@tensorflow/tfjs-layers` (or `@tensorflow/tfjs`), or a function that imports it; LayersModels need it. */
  readonly layers?: TfjsLayers | (() => Promise<TfjsLayers>) | undefined;
}

/** Translates a model file. @throws {PruneError} `bad-model`, `missing-dependency` */
export async function graphOf(file: TfjsFile, { layers }: TfjsPackages, source: string): Promise<Graph> {
  if (!layers) throw errorMissingLayers();
  const module = typeof layers === "function" ? await layers() : layers;
  // Only the structure is wanted of it; weights stay where they are.
  const model = await buildModel(module, { modelTopology: file.json["modelTopology"] }, source);
  return readLayersModel(model, file, source);
}

/** A model file as a model of `@tensorflow/tfjs-layers`, with its weights and its training configuration. */
export async function modelOf(file: TfjsFile, layers: TfjsLayers, source: string): Promise<LayersModel> {
  const weightData = concat(file.weights.map((weight) => weight.bytes)).buffer;
  const artifacts = { ...file.json, weightSpecs: file.weights.map(entryOf), weightData };
  return buildModel(layers, artifacts, source);
}

async function buildModel(layers: TfjsLayers, artifacts: object, source: string): Promise<LayersModel> {
  await tf.ready();
  try {
    const handler = tf.io.fromMemory(artifacts as never) as never;
    // Weights are set, or not wanted: nothing need be drawn.
    return (await layers.loadLayersModel(handler, { fastWeightInit: true })) as LayersModel;
  } catch (cause) {
    throw errorTopologyLoad(source, cause);
  }
}
