import { isPruneError, type Model } from "@prune/core";
import * as tf from "@tensorflow/tfjs-core";
import { errorTopologyLoad } from "./errors.ts";
import { storedBytes, type StoredWeight } from "./format/stored-weight.ts";
import type { TfjsFile } from "./format/tfjs-file.ts";
import { isObject, isSizes, textIn, type JsonObject } from "./json.ts";
import type { LayersModel } from "./layers/layers-model.ts";
import { readLayersModel } from "./layers/read-layers-model.ts";
import { modelOf, type TfjsLayers } from "./load-artifacts.ts";
import { tfjsRuntime, type TfjsRuntimeOptions } from "./runtime/tfjs-runtime.ts";
import { tfjsModel, type TfjsModelParts } from "./tfjs-model.ts";
import { toTfjs } from "./to-tfjs.ts";

/** A model of `@tensorflow/tfjs-layers` (`tf.Sequential` or `tf.LayersModel`), built. */
export interface SavableModel {
  readonly name: string;
  save(handler: never, options?: { includeOptimizer?: boolean }): Promise<unknown>;
}

/**
 * Takes a model of TensorFlow.js as it is in memory. It is not changed; {@link toLayersModel} makes a model of it again.
 * @throws {PruneError} `bad-model`
 */
export async function fromLayersModel(
  model: SavableModel,
  { trainer, ...options }: TfjsRuntimeOptions & Pick<TfjsModelParts, "trainer"> = {},
): Promise<Model> {
  let file: TfjsFile | undefined;
  const handler = tf.io.withSaveHandler((artifacts) => {
    file = fileOf(artifacts as unknown as JsonObject);
    const modelArtifactsInfo = { dateSaved: new Date(), modelTopologyType: "JSON" as const };
    return Promise.resolve({ modelArtifactsInfo });
  });
  try {
    await model.save(handler as never, { includeOptimizer: true });
    const graph = readLayersModel(model as unknown as LayersModel, file!, model.name);
    return tfjsModel(graph, { runtime: tfjsRuntime({ backend: tf.getBackend(), ...options }), trainer });
  } catch (cause) {
    throw isPruneError(cause) ? cause : errorTopologyLoad(model.name, cause);
  }
}

/** Artifacts that a model hands over to be saved, as a file would have them. */
function fileOf({ weightSpecs, weightData, ...json }: JsonObject): TfjsFile {
  const data = Array.isArray(weightData) ? tf.io.concatenateArrayBuffers(weightData as ArrayBuffer[]) : (weightData as ArrayBuffer); // prettier-ignore
  let at = 0;
  const weights = (weightSpecs as readonly unknown[]).flatMap((entry): StoredWeight[] => {
    if (!isObject(entry)) return [];
    const [name, dtype] = [textIn(entry, "name") ?? "", textIn(entry, "dtype") ?? "float32"];
    const shape = isSizes(entry["shape"]) ? entry["shape"] : [];
    const length = shape.reduce((a, d) => a * d, 1) * (storedBytes(dtype, undefined) ?? 0);
    const bytes = new Uint8Array(data, at, length);
    at += length;
    return [{ name, shape, dtype, group: 0, bytes, entry }];
  });
  return { format: "layers-model", json, weights };
}

/**
 * A model as one of `@tensorflow/tfjs-layers` again, with smaller layers: names are kept, and so are loss, metrics and the
 * settings of the optimizer.
 * @throws {PruneError} `unsupported` for a model that was not a LayersModel
 */
export async function toLayersModel(model: Pick<Model, "graph">, layers: TfjsLayers): Promise<unknown> {
  return modelOf(toTfjs(model.graph), layers, model.graph.name);
}
