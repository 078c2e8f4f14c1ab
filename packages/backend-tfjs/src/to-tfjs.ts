import type { Graph } from "@prune/core";
import { errorNotFromTfjs } from "./errors.ts";
import type { SavingOptions } from "./format/saving.ts";
import { tensorOfWeight, type StoredWeight } from "./format/stored-weight.ts";
import type { TfjsFile } from "./format/tfjs-file.ts";
import type { GraphOrigin } from "./graph-model/read-graph-model.ts";
import { writeGraphModel } from "./graph-model/write-graph-model.ts";
import { isObject } from "./json.ts";
import type { LayersOrigin } from "./layers/read-layers-model.ts";
import { writeLayersModel } from "./layers/write-layers-model.ts";

/** A graph that was read from a TensorFlow.js model, as that model again; one that nobody changed is what it was. @throws {PruneError} `unsupported` */
export function toTfjs(graph: Graph, { keepQuantization = false }: SavingOptions = {}): TfjsFile {
  const { origin } = graph;
  if (!isOrigin(origin)) throw errorNotFromTfjs();
  if (graph.nodes === origin.nodes && graph.parameters === origin.parameters) return origin.file;
  const file = origin.kind === "layers-model" ? writeLayersModel(graph, origin) : writeGraphModel(graph, origin);
  return keepQuantization ? file : { ...file, weights: file.weights.map(inFull) };
}

const isOrigin = (origin: unknown): origin is LayersOrigin | GraphOrigin =>
  isObject(origin) && (origin["kind"] === "layers-model" || origin["kind"] === "graph-model");

/** A weight without quantisation. */
function inFull(weight: StoredWeight): StoredWeight {
  if (!weight.quantization) return weight;
  return { ...weight, quantization: undefined, bytes: tensorOfWeight(weight).bytes() };
}
