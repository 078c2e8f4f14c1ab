import type { Graph } from "@prune/core";
import * as tf from "@tensorflow/tfjs-core";
import { errorMissingLayers, errorTopologyLoad } from "./errors.ts";
import type { LoadedPackages, TfjsConverter } from "./foreign/op-kernel.ts";
import { OP_DOMAIN } from "./foreign/operators.ts";
import type { TfjsFile } from "./format/tfjs-file.ts";
import { concat, entryOf } from "./format/write-tfjs.ts";
import { readGraphModel } from "./graph-model/read-graph-model.ts";
import { isObject } from "./json.ts";
import type { LayersModel } from "./layers/layers-model.ts";
import { checkTopology } from "./layers/check-topology.ts";
import { readLayersModel } from "./layers/read-layers-model.ts";

/** The part of `@tensorflow/tfjs-layers` that is used here. */
export interface TfjsLayers {
  loadLayersModel(handler: never, options?: object): Promise<unknown>;
}

/** Packages that may be left out of an installation. `@tensorflow/tfjs` stands for both. */
export interface TfjsPackages {
  /** `@tensorflow/tfjs-layers`, or a function that imports it. LayersModels need it. */
  readonly layers?: TfjsLayers | (() => Promise<TfjsLayers>) | undefined;
  /** `@tensorflow/tfjs-converter`, or a function that imports it. GraphModels with operators that ONNX lacks need it. */
  readonly converter?: TfjsConverter | (() => Promise<TfjsConverter>) | undefined;
}

/** Translates a model file. @throws {PruneError} `bad-model`, `missing-dependency` */
export async function graphOf(file: TfjsFile, packages: TfjsPackages, source: string): Promise<Graph> {
  if (file.format === "graph-model") return graphModelOf(file, packages, source);
  const { layers } = packages;
  if (!layers) throw errorMissingLayers();
  const module = typeof layers === "function" ? await layers() : layers;
  checkTopology(file.json["modelTopology"], source);
  // Only the structure is wanted of it; weights stay where they are.
  const model = await buildModel(module, { modelTopology: undrawn(file.json["modelTopology"]) }, source);
  return readLayersModel(model, file, source);
}

async function graphModelOf(file: TfjsFile, { converter }: TfjsPackages, source: string): Promise<Graph> {
  const loaded: LoadedPackages = {};
  const graph = readGraphModel(file, loaded, source);
  if (converter && graph.nodes.some((node) => node.domain === OP_DOMAIN)) {
    loaded.converter = typeof converter === "function" ? await converter() : converter;
  }
  return graph;
}

/** A model file as a model of `@tensorflow/tfjs-layers`, with its weights and its training configuration. */
export async function modelOf(file: TfjsFile, layers: TfjsLayers, source: string): Promise<LayersModel> {
  const weightData = concat(file.weights.map((weight) => weight.bytes)).buffer;
  const artifacts = { ...file.json, weightSpecs: file.weights.map(entryOf), weightData };
  return buildModel(layers, artifacts, source);
}

/**
 * A topology whose weights start as zeros: what they start as is not wanted, takes long to draw, cannot be computed in
 * Node for one kind (Orthogonal), and is drawn without end where a file states senseless numbers.
 */
function undrawn(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(undrawn);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [key, /initializer$/i.test(key) && entry ? ZEROS : undrawn(entry)]),
  );
}

const ZEROS = { class_name: "Zeros", config: {} };

async function buildModel(layers: TfjsLayers, artifacts: object, source: string): Promise<LayersModel> {
  await tf.ready();
  try {
    const handler = tf.io.fromMemory(artifacts) as never;
    // Weights are set, or not wanted: nothing need be drawn.
    return (await layers.loadLayersModel(handler, { fastWeightInit: true })) as LayersModel;
  } catch (cause) {
    throw errorTopologyLoad(source, cause);
  }
}
