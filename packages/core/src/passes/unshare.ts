import { consumersOf, type Graph } from "../graph/graph.ts";
import type { Node } from "../graph/node.ts";
import { bytesPerElement } from "../graph/dtype.ts";
import { sizeOf, type Tensor } from "../graph/tensor.ts";
import { constantsOf } from "../solver/constants.ts";
import { ownFills } from "./own-fills.ts";

/**
 * Gives every layer constants of its own, so that layers can be cut differently:
 * - an Identity over an initializer (exporters store equal tensors once) becomes an initializer of its own, under
 *   the Identity's output name, over the same bytes, unless the weights are tied on purpose;
 * - a parameter of one number throughout that several nodes read is computed for each of them, see `ownFills`;
 * - a value without identity (ConstantOfShape and what only moves it) is produced once per consumer.
 *
 * `reshare` in plan/apply.ts undoes this wherever the copies stayed equal.
 * @param copies see `ownFills`
 */
export function unshare(graph: Graph, copies?: Map<string, number>): Graph {
  return cloneFills(ownFills(ownIdentities(graph), copies));
}

/** Gives each layer whose constant is an Identity over an initializer an initializer of its own, unless it is tied. */
export function ownIdentities(graph: Graph): Graph {
  const parameters = new Map(graph.parameters);
  const outputs = new Set(graph.outputs.map((v) => v.name));
  const nodes = graph.nodes.filter((node) => {
    const source = node.opType === "Identity" && node.domain === "" ? parameters.get(node.inputs[0] ?? "") : undefined;
    const name = node.outputs[0]!;
    if (!source || outputs.has(name) || isTied(source)) return true;
    parameters.set(name, { name, dtype: source.dtype, dims: source.dims, bytes: () => source.bytes() });
    return false;
  });
  return nodes.length === graph.nodes.length ? graph : { ...graph, nodes, parameters };
}

/**
 * Whether layers share a tensor on purpose: a trained matrix or kernel that two layers agree on to the bit is one
 * tensor (tied weights), and stays one; vectors and constant fills (fresh normalisation parameters, zero biases) are
 * equal by chance.
 */
function isTied(tensor: Tensor): boolean {
  if (tensor.dims.filter((d) => d > 1).length < 2) return false;
  const size = bytesPerElement(tensor.dtype);
  const bytes = tensor.bytes();
  for (let i = size; i < bytes.length; i++) if (bytes[i] !== bytes[i - size]) return true;
  return false;
}

/** Operators that only move or repeat what they are given. */
const MOVES = new Set(
  "Expand Slice Split Gather Transpose Reshape Squeeze Unsqueeze Tile Concat Identity Cast".split(" "),
);

function cloneFills(graph: Graph): Graph {
  const fills = new Map<string, Node>();
  const constants = constantsOf(graph);
  for (const node of graph.nodes) {
    if (node.outputs.length !== 1 || node.domain !== "") continue;
    const source = constants.get(node.inputs[0] ?? "");
    const stretched = node.opType === "Expand" && source !== undefined && sizeOf(source.dims) === 1;
    const moved = MOVES.has(node.opType) && fills.has(node.inputs[0] ?? "");
    if (node.opType === "ConstantOfShape" || stretched || moved) fills.set(node.outputs[0]!, node);
  }
  const consumers = consumersOf(graph);
  const outputs = new Set(graph.outputs.map((v) => v.name));
  const shared = [...fills.keys()].some((name) => uses(consumers.get(name) ?? [], name) > 1);
  if (!shared) return graph;

  let count = 0;
  /** Emits a private copy of a fill and of what it is computed from, before the node that reads it. */
  const copy = (name: string, into: Node[]): string => {
    const node = fills.get(name)!;
    const own = `${name}/copy${++count}`;
    const inputs = node.inputs.map((input) => (fills.has(input) ? copy(input, into) : input));
    into.push({ ...node, name: node.name && own, inputs, outputs: [own] });
    return own;
  };
  const seen = new Set<string>();
  const nodes: Node[] = [];
  for (const node of graph.nodes) {
    if (fills.get(node.outputs[0] ?? "") === node) {
      nodes.push(node); // the first reader takes the original; it goes if nobody does
      continue;
    }
    const inputs = node.inputs.map((name) => {
      if (!fills.has(name)) return name;
      const tree = treeOf(name, fills);
      if (!tree.some((part) => seen.has(part) || outputs.has(part))) {
        for (const part of tree) seen.add(part);
        return name;
      }
      return copy(name, nodes);
    });
    nodes.push(inputs.every((name, i) => name === node.inputs[i]) ? node : { ...node, inputs });
  }
  return { ...graph, nodes };
}

/** A fill and the fills it is computed from. */
function treeOf(name: string, fills: ReadonlyMap<string, Node>): string[] {
  return [
    name,
    ...fills
      .get(name)!
      .inputs.filter((input) => fills.has(input))
      .flatMap((input) => treeOf(input, fills)),
  ];
}

const uses = (nodes: readonly Node[], name: string): number =>
  nodes.reduce((n, node) => n + node.inputs.filter((input) => input === name).length, 0);
