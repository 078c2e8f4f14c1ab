import { producersOf, type Graph } from "@prune/core";
import { errorCannotWrite } from "../errors.ts";
import { isObject, listIn, objectIn, textIn, type JsonObject } from "../json.ts";
import type { LayersOrigin } from "./read-layers-model.ts";

/** Layers that left a model, and layers that read others than they did; by their paths. */
interface Structure {
  readonly gone: ReadonlySet<string>;
  /** Layers of which only the activation is left. */
  readonly emptied: ReadonlySet<string>;
  /** Layer → name of a layer that it read → name of the one that it reads instead, both in the layer's own model. */
  readonly rerouted: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** Names of weights that left. */
  readonly weights: ReadonlySet<string>;
}

/** Operators that are no part of an activation: a layer that lost one lost what it was for. */
const MAIN = /^(Conv|ConvTranspose|MatMul|Gemm|Add|BatchNormalization|LayerNormalization)$/;

/**
 * What taking out whole blocks did to the layers. A layer can follow a cut in its settings, but it cannot become several,
 * nor read what its model has no name for: what would need that is refused.
 * @throws {PruneError} `unsupported`
 */
export function structureOf(graph: Graph, { nodes, owners, layers }: LayersOrigin): Structure {
  const after = producersOf(graph);
  const [left, emptied] = [new Set<string>(), new Set<string>()];
  const rerouted = new Map<string, Map<string, string>>();
  // Values that stand for a layer: one that is called twice, or in several models, has no single one.
  const named = new Map(
    layers.flatMap(({ outputs, path }) => (outputs.length === 1 ? [[outputs[0]!, path] as const] : [])),
  );
  const inputs = new Set(graph.inputs.map((v) => v.name));
  const pathOf = (value: string): readonly string[] | undefined => named.get(value) ?? (inputs.has(value) ? [value] : undefined); // prettier-ignore
  for (const node of nodes) {
    const owner = owners.get(node.outputs[0]!);
    const now = after.get(node.outputs[0]!);
    if (owner === undefined) continue;
    if (!now) {
      if (MAIN.test(node.opType)) emptied.add(owner);
      continue;
    }
    left.add(owner);
    if (now.opType !== node.opType) throw errorCannotWrite(node, "LayersModel");
    node.inputs.forEach((was, i) => {
      const is = now.inputs[i]!;
      if (was === is || graph.parameters.has(is) || owners.get(is) === owner) return;
      const [reader, from, to] = [owner.split("/"), pathOf(was), pathOf(is)];
      const isBeside = (path: readonly string[] | undefined): boolean =>
        path !== undefined &&
        path.length === reader.length &&
        path.slice(0, -1).join("/") === reader.slice(0, -1).join("/");
      // What a layer reads within itself is gone with what was in between.
      if (owners.get(was) === owner && to && isBeside(to)) return;
      if (!isBeside(from) || !isBeside(to)) throw errorCannotWrite(node, "LayersModel");
      rerouted.set(owner, (rerouted.get(owner) ?? new Map<string, string>()).set(from!.at(-1)!, to!.at(-1)!));
    });
  }
  const known = new Set(owners.values());
  const gone = new Set([...known].filter((owner) => !left.has(owner)));
  for (const owner of gone) emptied.delete(owner);
  const weights = layers
    .filter(({ path }) => gone.has(path.join("/")) || emptied.has(path.join("/")))
    .flatMap((layer) => [...layer.weights.values()])
    .filter((name) => !graph.parameters.has(name));
  return { gone, emptied, rerouted, weights: new Set(weights) };
}

/** A model's topology without the layers that left it. */
export function restructure(model: JsonObject, structure: Structure, path: readonly string[] = []): JsonObject {
  const { gone, emptied, rerouted } = structure;
  if (!gone.size && !emptied.size && !rerouted.size) return model;
  const config = model["config"];
  const layers = Array.isArray(config) ? (config as readonly unknown[]) : listIn(isObject(config) ? config : undefined, "layers"); // prettier-ignore
  const changed = layers.flatMap((layer): readonly unknown[] => {
    if (!isObject(layer)) return [layer];
    const own = objectIn(layer, "config");
    const key = [...path, textIn(layer, "name") ?? textIn(own, "name") ?? ""].join("/");
    if (gone.has(key)) return [];
    const inner = own && Array.isArray(own["layers"]) ? restructure(layer, structure, key.split("/")) : layer;
    const emptiedLayer = emptied.has(key) ? asActivation(inner) : inner;
    const other = rerouted.get(key);
    return [
      other ? { ...emptiedLayer, inbound_nodes: readingOthers(emptiedLayer["inbound_nodes"], other) } : emptiedLayer,
    ];
  });
  return { ...model, config: Array.isArray(config) ? changed : { ...(config as JsonObject), layers: changed } };
}

/** What is left of a layer without its weights. */
function asActivation(layer: JsonObject): JsonObject {
  const config = objectIn(layer, "config") ?? {};
  const activation = textIn(config, "activation") ?? "linear";
  return { ...layer, class_name: "Activation", config: { name: config["name"], trainable: true, activation } };
}

/** The calls of a layer, `[name, call, output, options]` for each input, reading other layers. */
function readingOthers(calls: unknown, other: ReadonlyMap<string, string>): unknown {
  if (!Array.isArray(calls)) return calls; // a Sequential has none: each layer reads the one before it
  const replaced = (entry: unknown): unknown => {
    if (!Array.isArray(entry)) return entry;
    const [name, ...rest] = entry as readonly unknown[];
    return typeof name === "string" ? [other.get(name) ?? name, ...rest] : (entry as readonly unknown[]).map(replaced);
  };
  return (calls as readonly unknown[]).map(replaced);
}
