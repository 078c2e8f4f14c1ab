import type { Graph, Node } from "@prune/core";
import { bytesOf, requantize, type StoredWeight } from "../format/stored-weight.ts";
import type { TfjsFile } from "../format/tfjs-file.ts";
import { isObject, listIn, objectIn, type JsonObject } from "../json.ts";
import { nodeDefsOf, nodeOfTensor, tensorName } from "./node-def.ts";
import { emitNodes } from "./emit-nodes.ts";
import type { GraphOrigin } from "./read-graph-model.ts";

/** Operators of a translation whose cut shows in nothing but the weights that they read. */
const FOLLOWS_WEIGHTS = /^(Conv|ConvTranspose)$/;

/** Writes a graph that was read from a GraphModel back: nodes that a cut rewrote, and weights, follow it. */
export function writeGraphModel(graph: Graph, origin: GraphOrigin): TfjsFile {
  const { file, nodes, owners } = origin;
  const topology = objectIn(file.json, "modelTopology")!;
  const { rewritten, rerouted } = changesOf(graph, origin);
  const made = new Map([...rewritten].map(([name, own]) => [name, emitNodes(own, graph)]));
  const gone = goneNodes(graph, nodes, owners);
  const weights = file.weights.map((weight) => cutWeight(weight, graph));
  const sizes = new Map(weights.map((weight) => [weight.name, weight.shape]));
  const before = new Map(file.weights.map((weight) => [weight.name, weight.shape]));
  const isCut = (name: string): boolean => String(sizes.get(name)) !== String(before.get(name));
  const list = listIn(topology, "node").flatMap((json): readonly JsonObject[] => {
    const name = isObject(json) ? String(json["name"]) : "";
    if (!isObject(json) || gone.has(name)) return [];
    const emitted = made.get(name);
    if (emitted) return emitted.nodes;
    const other = rerouted.get(name);
    const sized = isCut(name) ? withSizes(json, sizes.get(name)!) : json;
    return [other ? withInputs(sized, other) : sized];
  });
  const added = [...made.values()].flatMap((emitted) => emitted.weights);
  const changed = rewritten.size > 0 || rerouted.size > 0 || gone.size > 0 || weights.some(({ name }) => isCut(name));
  if (!changed) return { ...file, weights };
  const read = namesRead(list, file);
  const isRead = (name: string): boolean => read.has(name) || !wasRead(topology, name);
  return {
    ...file,
    json: {
      ...file.json,
      modelTopology: {
        ...topology,
        node: list.filter((json) => json["op"] !== "Const" || isRead(String(json["name"]))).map(withoutSizes),
      },
    },
    weights: [...weights.filter(({ name }) => isRead(name)), ...added],
  };
}

/** What became of the nodes of the file: those that read other tensors, and those that are other operators now. */
interface Changes {
  /** Node → tensor that it read → tensor that it reads instead. */
  readonly rerouted: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** Node → what stands in its place. */
  readonly rewritten: ReadonlyMap<string, readonly Node[]>;
}

function changesOf(graph: Graph, { nodes, owners, tensors }: GraphOrigin): Changes {
  const before = new Map(nodes.map((node) => [node.outputs[0]!, node]));
  const owned = new Map<string, Node[]>();
  const changed = new Set<string>();
  const rerouted = new Map<string, Map<string, string>>();
  let fresh: Node[] = [];
  for (const node of graph.nodes) {
    const owner = node.outputs.map((name) => owners.get(name)).find((name) => name !== undefined);
    if (owner === undefined) {
      fresh.push(node); // what a cut adds stands before the node that needed it
      continue;
    }
    const original = before.get(node.outputs[0]!);
    const isOther = fresh.length > 0 || original?.opType !== node.opType || original.attributes !== node.attributes;
    if (isOther) changed.add(owner);
    else {
      for (const [i, name] of node.inputs.entries()) {
        const was = original.inputs[i]!;
        if (was === name) continue;
        const [from, to] = [tensors.get(was), tensors.get(name)];
        if (from === undefined || to === undefined) changed.add(owner);
        else rerouted.set(owner, (rerouted.get(owner) ?? new Map<string, string>()).set(from, to));
      }
    }
    owned.set(owner, [...(owned.get(owner) ?? []), ...fresh, node]);
    fresh = [];
  }
  // Of an operator of which a part is gone, the rest is written anew.
  const parts = new Map<string, number>();
  for (const node of nodes) {
    const owner = owners.get(node.outputs[0]!) ?? "";
    parts.set(owner, (parts.get(owner) ?? 0) + 1);
  }
  for (const [owner, own] of owned) if ((parts.get(owner) ?? 0) > own.length) changed.add(owner);
  const isMoved = (own: readonly Node[]): boolean => !own.some((node) => FOLLOWS_WEIGHTS.test(node.opType));
  const rewritten = new Map([...owned].filter(([name, own]) => changed.has(name) && isMoved(own)));
  return { rewritten, rerouted };
}

/** A node that reads other tensors than it did. */
function withInputs(json: JsonObject, other: ReadonlyMap<string, string>): JsonObject {
  const input = listIn(json, "input").map((name) => other.get(tensorName(String(name))) ?? name);
  return { ...json, input };
}

/** Nodes of the file of which nothing is left: a cut computes what they led to in another way. */
function goneNodes(graph: Graph, nodes: readonly Node[], owners: ReadonlyMap<string, string>): Set<string> {
  const left = new Set(graph.nodes.flatMap((node) => node.outputs));
  const gone = new Set<string>();
  for (const node of nodes) for (const name of node.outputs) if (owners.has(name)) gone.add(owners.get(name)!);
  for (const node of nodes) for (const name of node.outputs) if (left.has(name)) gone.delete(owners.get(name) ?? "");
  return gone;
}

/** A weight with what a cut left of it. Integers are int64 in a graph, and here again what they were. */
function cutWeight(weight: StoredWeight, graph: Graph): StoredWeight {
  const tensor = graph.parameters.get(weight.name);
  if (!tensor) return weight;
  if (tensor.dtype !== "int64") return { ...weight, shape: tensor.dims, ...requantize(weight, tensor) };
  if (String(tensor.dims) === String(weight.shape)) return weight;
  const wide = tensor.bytes();
  const values = Int32Array.from(new BigInt64Array(wide.slice().buffer), Number);
  return { ...weight, shape: tensor.dims, quantization: undefined, bytes: bytesOf(values) };
}

/** A constant that states its sizes, with others. */
function withSizes(json: JsonObject, shape: readonly number[]): JsonObject {
  const attr = objectIn(json, "attr");
  const value = objectIn(attr, "value");
  const tensor = objectIn(value, "tensor");
  if (!tensor) return json;
  const tensorShape = { dim: shape.map((size) => ({ size: String(size) })) };
  return { ...json, attr: { ...attr, value: { ...value, tensor: { ...tensor, tensorShape } } } };
}

/** A node without the sizes of its outputs, which nothing needs and a cut may have changed. */
function withoutSizes(json: JsonObject): JsonObject {
  const attr = objectIn(json, "attr");
  if (attr?.["_output_shapes"] === undefined) return json;
  const { _output_shapes: sizes, ...others } = attr;
  void sizes;
  return { ...json, attr: others };
}

/** Names of all nodes that something reads. */
function namesRead(list: readonly JsonObject[], file: TfjsFile): Set<string> {
  const names = new Set(list.flatMap((json) => listIn(json, "input").map((input) => nodeOfTensor(String(input)))));
  const signature =
    objectIn(file.json, "signature") ?? objectIn(objectIn(file.json, "userDefinedMetadata"), "signature");
  for (const entry of Object.values(objectIn(signature, "outputs") ?? {})) {
    if (isObject(entry)) names.add(nodeOfTensor(String(entry["name"])));
  }
  return names;
}

const readers = new WeakMap<JsonObject, Set<string>>();

/** Whether something read a node before the cut; what nothing read is not ours to drop. */
function wasRead(topology: JsonObject, name: string): boolean {
  let names = readers.get(topology);
  if (!names) {
    names = new Set(nodeDefsOf(topology).flatMap((def) => def.input.map(nodeOfTensor)));
    readers.set(topology, names);
  }
  return names.has(name);
}
