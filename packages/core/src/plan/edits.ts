import { errorBadPlan } from "../errors.ts";
import { capturedNames, producersOf, type Graph } from "../graph/graph.ts";
import { withAttributes, type Node } from "../graph/node.ts";
import { floatTensor, sizeOf, type Tensor } from "../graph/tensor.ts";
import { bytesPerElement } from "../graph/dtype.ts";
import { lazilyLinear, type Analysis } from "../solver/analyze.ts";
import { constantOf } from "../solver/constants.ts";
import { operandsOf } from "../solver/operands.ts";
import { requantized, zeroElements, type Quantized } from "../solver/quantized.ts";
import { reshare } from "./reshare.ts";
import { zeroMasked } from "./slice.ts";

/** Changes of a network besides cutting slices; all in terms of the original, before any slice is cut. */
export interface Edits {
  /** Constant → one number per element: 1 keeps it, 0 sets it to zero. */
  readonly masks?: ReadonlyMap<string, Uint8Array>;
  /** Float constant → all its elements anew, such as a bias that took over what a dead neuron yielded. */
  readonly values?: ReadonlyMap<string, Float32Array>;
  /** Value → the value of the same shape that its readers read instead; nodes that nothing reads any more are dropped. */
  readonly bypassed?: ReadonlyMap<string, string>;
  /** Outputs and inputs of the graph that leave with what is bypassed, such as the caches of a block. */
  readonly dropped?: ReadonlySet<string>;
}

export const hasEdits = (edits: Edits): boolean =>
  Boolean(edits.values?.size) || Boolean(edits.bypassed?.size) || maskedIn(edits).length > 0;

/** The constants of which masks set something to zero. */
export function maskedIn({ masks = new Map<string, Uint8Array>() }: Edits): string[] {
  return [...masks.keys()].filter((name) => masks.get(name)!.includes(0));
}

/** The analysis of a graph after some edits: groups are those of the graph before, layers those that are left. */
export function withEdits(analysis: Analysis, edits: Edits): Analysis {
  if (!hasEdits(edits)) return analysis;
  const { shapes, space, units, lookup, groups, ignored, indexOf } = analysis;
  const graph = editGraph(analysis.graph, edits, analysis.quantized);
  const { original, aliases } = sharedAgain(analysis, graph, edits);
  const left = new Map(graph.nodes.map((node) => [node.outputs[0], node]));
  const layers = analysis.layers.flatMap((layer) => {
    const node = left.get(layer.node.outputs[0]);
    return node ? [{ ...layer, node }] : [];
  });
  const operands = operandsOf(graph, shapes);
  return lazilyLinear({
    original,
    graph,
    bodies: analysis.bodies,
    shapes,
    space,
    units,
    operands,
    quantized: analysis.quantized,
    lookup,
    aliases,
    groups,
    layers,
    ignored,
    indexOf,
  });
}

/**
 * The original with the edits, and the copies in it that still equal what they are copies of: one that was changed, or
 * whose source was, stays a tensor of its own.
 */
function sharedAgain(analysis: Analysis, graph: Graph, edits: Edits): Pick<Analysis, "original" | "aliases"> {
  const changed = (name: string): boolean => Boolean(edits.values?.has(name) || edits.masks?.get(name)?.includes(0));
  const aliases = new Map([...analysis.aliases].filter((names) => !names.some(changed)));
  if (aliases.size === analysis.aliases.size)
    return { original: editGraph(analysis.original, edits, analysis.quantized), aliases };
  const { original } = analysis;
  return { original: reshare(graph, { original, aliases, graph }, { axesOf: () => new Map() }), aliases };
}

/**
 * Sets weights to zero, gives constants new values, and reads other values instead.
 * @param quantized constants that hold integers in place of real numbers, where any of them may be among those
 */
export function editGraph(
  graph: Graph,
  { masks, values, bypassed, dropped }: Edits,
  quantized: ReadonlyMap<string, Quantized> = new Map(),
): Graph {
  const zeroed = new Set(maskedIn(masks ? { masks } : {}));
  const changed = (tensor: Tensor): Tensor => {
    const integers = quantized.get(tensor.name);
    const base = values?.has(tensor.name) ? valued(tensor, values, integers) : tensor;
    return zeroed.has(tensor.name) ? masked(base, masks!, integers) : base;
  };
  const parameters = new Map([...graph.parameters].map(([name, tensor]) => [name, changed(tensor)]));
  const nodes = graph.nodes.map((node) => {
    const tensor = constantOf(node);
    if (!tensor || (!values?.has(tensor.name) && !masks?.has(tensor.name))) return node;
    const none = { value_float: undefined, value_floats: undefined };
    return withAttributes(node, { ...none, value: { type: "tensor", value: { ...changed(tensor), name: "" } } });
  });
  const edited = { ...graph, nodes, parameters };
  return bypassed?.size ? bypass(edited, bypassed, dropped) : edited;
}

/** A constant with other elements, in its own type. */
export const withValues = (tensor: Tensor, values: Float32Array, quantized?: Quantized): Tensor =>
  quantized ? requantized(quantized, values) : floatTensor(tensor.name, tensor.dtype, values, tensor.dims);

/** The same; where the constant is not in memory, its values are asked for whenever they are needed. */
function valued(tensor: Tensor, values: NonNullable<Edits["values"]>, quantized: Quantized | undefined): Tensor {
  const make = (): Tensor => withValues(tensor, values.get(tensor.name)!, quantized);
  const { name, dtype, dims, stored } = tensor;
  if (!stored) return make();
  return { name, dtype, dims, stored, bytes: () => make().bytes() };
}

/** A tensor with zeros where its mask has them; made when it is asked for. */
function masked(tensor: Tensor, masks: ReadonlyMap<string, Uint8Array>, quantized: Quantized | undefined): Tensor {
  const { origin, ...rest } = tensor;
  void origin; // the file's bytes no longer stand for this tensor
  const { length } = masks.get(tensor.name)!;
  if (length !== sizeOf(tensor.dims))
    throw errorBadPlan(`The mask of "${tensor.name}" has ${length} elements; the tensor has ${sizeOf(tensor.dims)}.`);
  const width = bytesPerElement(tensor.dtype);
  const bytes = (): Uint8Array => {
    const mask = masks.get(tensor.name)!;
    const copy = tensor.stored ? tensor.bytes() : tensor.bytes().slice();
    zeroMasked(copy, width, mask);
    if (quantized) zeroElements(quantized, copy, (i) => !mask[i]);
    return copy;
  };
  return { ...rest, bytes };
}

/** Has the readers of some values read others, and drops what only the values that are gone needed. */
function bypass(graph: Graph, bypassed: ReadonlyMap<string, string>, dropped: ReadonlySet<string> = new Set()): Graph {
  const source = (name: string): string => {
    const seen = new Set<string>();
    let at = name;
    for (let next = bypassed.get(at); next !== undefined && !seen.has(at); next = bypassed.get(at)) {
      seen.add(at);
      at = next;
    }
    return at;
  };
  const outputs = graph.outputs.filter((v) => !dropped.has(v.name));
  const wrong = [...bypassed.keys()].find((name) => outputs.some((v) => v.name === name));
  if (wrong !== undefined)
    throw errorBadPlan(`The graph yields "${wrong}" itself, so that nothing can stand in its place.`);
  const nodes = graph.nodes.map((node) =>
    node.inputs.some((name) => bypassed.has(name)) ? { ...node, inputs: node.inputs.map(source) } : node,
  );
  const left = dropBehind({ ...graph, nodes, outputs }, [...bypassed.keys(), ...dropped]);
  const read = left.nodes.flatMap(readsOf).find((name) => dropped.has(name));
  if (read !== undefined) throw errorBadPlan(`"${read}" cannot leave: something that stays reads it.`);
  return { ...left, inputs: graph.inputs.filter((v) => !dropped.has(v.name)) };
}

/** Drops the nodes behind some values, and their parameters, as far as nothing else reads them. */
function dropBehind(graph: Graph, values: readonly string[]): Graph {
  const producers = producersOf(graph);
  const readers = new Map<string, number>();
  const count = (name: string, by: number): number => {
    const left = (readers.get(name) ?? 0) + by;
    readers.set(name, left);
    return left;
  };
  for (const node of graph.nodes) for (const name of readsOf(node)) count(name, 1);
  for (const { name } of graph.outputs) count(name, 1);
  const gone = new Set<Node>();
  const constants = new Set<string>();
  const open = [...values];
  while (open.length) {
    const name = open.pop()!;
    if ((readers.get(name) ?? 0) > 0) continue;
    if (graph.parameters.has(name)) constants.add(name);
    const node = producers.get(name);
    if (!node || gone.has(node) || node.outputs.some((output) => output && (readers.get(output) ?? 0) > 0)) continue;
    gone.add(node);
    for (const input of readsOf(node)) if (count(input, -1) === 0) open.push(input);
  }
  return {
    ...graph,
    nodes: graph.nodes.filter((node) => !gone.has(node)),
    parameters: new Map([...graph.parameters].filter(([name]) => !constants.has(name))),
  };
}

const readsOf = (node: Node): string[] => [...new Set([...node.inputs.filter(Boolean), ...capturedNames(node)])];
