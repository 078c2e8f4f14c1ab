import { producersOf, toNumbers, type Graph, type Node } from "@prune/core";
import { errorTopology } from "../errors.ts";
import { requantize, type StoredWeight } from "../format/stored-weight.ts";
import type { TfjsFile } from "../format/tfjs-file.ts";
import { isObject, objectIn, textIn, type JsonObject } from "../json.ts";
import type { LayerRecord, LayersOrigin } from "./read-layers-model.ts";
import { restructure, structureOf } from "./restructure.ts";
import { ruleFor } from "./rules.ts";

/** Writes a graph that was read from a LayersModel back: its layers' settings, and its weights, follow the cut. */
export function writeLayersModel(graph: Graph, origin: LayersOrigin): TfjsFile {
  const { file, layers } = origin;
  const structure = structureOf(graph, origin);
  const left = file.weights.filter((weight) => !structure.weights.has(weight.name));
  const weights = left.map((weight): StoredWeight => {
    const tensor = graph.parameters.get(weight.name);
    return tensor ? { ...weight, shape: tensor.dims, ...requantize(weight, tensor) } : weight;
  });
  const changed =
    weights.length < file.weights.length ||
    weights.some((weight, i) => String(weight.shape) !== String(left[i]!.shape));
  const topology = objectIn(file.json, "modelTopology")!;
  const inner = objectIn(topology, "model_config");
  const producers = producersOf(graph);
  const root = layers.reduce<JsonObject>(
    (model, record) =>
      withSettings(model, record, record.path, (config) => settingsOf(graph, producers, record, config)),
    inner ?? topology,
  );
  const restructured = restructure(root, structure);
  return {
    format: file.format,
    json: { ...file.json, modelTopology: inner ? { ...topology, model_config: restructured } : restructured },
    // What an optimizer remembers of each weight does not fit the weights that are left.
    weights: changed ? weights.filter(({ entry }) => entry["group"] !== "optimizer") : weights,
  };
}

/** The settings of a layer that a cut has changed. */
function settingsOf(
  graph: Graph,
  producers: ReadonlyMap<string, Node>,
  { className, weights, outputs }: LayerRecord,
  config: JsonObject,
): JsonObject {
  const nodes = outputs.flatMap((name) => producers.get(name) ?? []);
  const declared = nodes.find((node) => node.opType === "Declare")?.attributes["dims"];
  if (declared?.type === "ints" && config["batch_input_shape"] !== undefined) {
    return { batch_input_shape: declared.value.map((size) => (size < 0 ? null : size)) };
  }
  const shapeConstants = nodes.flatMap(({ opType, inputs }) => {
    const shape = opType === "Reshape" ? graph.parameters.get(inputs[1] ?? "") : undefined;
    return shape ? [toNumbers(shape)] : [];
  });
  const weight = (name: string): readonly number[] | undefined => graph.parameters.get(weights.get(name) ?? "")?.dims;
  const known = [...weights.values()].every((name) => graph.parameters.has(name));
  if (!known) return {};
  const resize = (name: string, own: JsonObject): JsonObject =>
    ruleFor(name)?.resize?.({ weight, shapeConstants, inner: resize }, own) ?? {};
  return resize(className, config);
}

/** A model with the settings of one layer changed, which may be in a model within it. */
function withSettings(
  model: JsonObject,
  record: LayerRecord,
  path: readonly string[],
  settings: (config: JsonObject) => JsonObject,
): JsonObject {
  const [name, ...rest] = path;
  const config = model["config"];
  // A Sequential from before Keras 2.2.3 is but a list of layers.
  const layers = Array.isArray(config)
    ? (config as readonly unknown[])
    : isObject(config)
      ? config["layers"]
      : undefined;
  if (!Array.isArray(layers)) throw errorTopology(record.path.join("/"));
  const changed = (layers as readonly unknown[]).map((layer, i) => {
    const own = isObject(layer) ? objectIn(layer, "config") : undefined;
    if (!isObject(layer)) return layer;
    if (rest.length && nameOf(layer) === name) return withSettings(layer, record, rest, settings);
    if (!own || rest.length) return layer;
    // A Sequential has no layer for its input: the first one states its size.
    const entry = record.className === "InputLayer" && i === 0 && own["batch_input_shape"] !== undefined;
    if (nameOf(layer) !== name && !(entry && !layers.some((other) => isObject(other) && nameOf(other) === name)))
      return layer;
    return { ...layer, config: { ...own, ...settings(own) } };
  });
  return { ...model, config: Array.isArray(config) ? changed : { ...(config as JsonObject), layers: changed } };
}

function nameOf(layer: JsonObject): string | undefined {
  return textIn(layer, "name") ?? textIn(objectIn(layer, "config"), "name");
}
