import { capturedNames, type Graph } from "../graph/graph.ts";
import type { Node } from "../graph/node.ts";
import { byteLength } from "../graph/tensor.ts";

/** Bytes that a part of a graph may take, unless a single node takes more. */
export const CHUNK_BYTES: number = 24 * 2 ** 20;

/** Names of everything a node reads, for itself and for its bodies. */
export function readsOf(node: Node): string[] {
  const names = node.inputs.filter(Boolean);
  return Object.values(node.attributes).some((a) => a.type === "graph") ? [...names, ...capturedNames(node)] : names;
}

/**
 * Divides a graph into parts to be run one after another: how many there are, and which one each node is in. Parts
 * follow the order of the nodes, but what is computed from parameters alone waits for the first that reads it.
 * @param extra bytes a node takes besides its parameters
 */
export function chunksOf(graph: Graph, limit: number, extra: (node: Node) => number): Map<Node, number> {
  const order = parametersLast(graph);
  const lastRead = new Map<string, number>();
  order.forEach((node, i) => readsOf(node).forEach((name) => lastRead.set(name, i)));
  const chunks = new Map<Node, number>();
  const held = new Set<string>();
  let [chunk, bytes, glued] = [0, 0, -1];
  order.forEach((node, i) => {
    const costOf = (): number => {
      const own = readsOf(node).filter((name) => !held.has(name) && graph.parameters.has(name));
      return own.reduce((sum, name) => sum + byteLength(graph.parameters.get(name)!), extra(node));
    };
    if (bytes > 0 && i > glued && bytes + costOf() > limit) {
      chunk++;
      bytes = 0;
      held.clear();
    }
    bytes += costOf();
    for (const name of readsOf(node)) held.add(name);
    chunks.set(node, chunk);
    // A sequence cannot be handed from one session to another.
    if (/Sequence|Optional/.test(node.opType))
      for (const name of node.outputs) glued = Math.max(glued, lastRead.get(name) ?? -1);
  });
  return chunks;
}

/** The nodes in an order in which those that depend on parameters alone stand right before their first reader. */
function parametersLast({ nodes, parameters, outputs }: Graph): Node[] {
  const fixed = new Map<string, Node>();
  for (const node of nodes) {
    const reads = readsOf(node);
    if (reads.length && reads.every((name) => parameters.has(name) || fixed.has(name))) {
      for (const name of node.outputs) if (name) fixed.set(name, node);
    }
  }
  if (!fixed.size) return [...nodes];
  const order = new Set<Node>();
  const place = (name: string): void => {
    const node = fixed.get(name);
    if (!node || order.has(node)) return;
    readsOf(node).forEach(place);
    order.add(node);
  };
  for (const node of nodes) {
    if (fixed.get(node.outputs[0]!) === node) continue;
    readsOf(node).forEach(place);
    order.add(node);
  }
  for (const { name } of outputs) place(name);
  return [...order];
}

/** Parts for a graph that was derived from another: each node goes where its original went, or later if it must. */
export function chunksLike(graph: Graph, original: ReadonlyMap<Node, number>): Map<Node, number> {
  const byOutput = new Map([...original].map(([node, chunk]) => [node.outputs[0]!, chunk]));
  const made = new Map<string, number>();
  const chunks = new Map<Node, number>();
  for (const node of graph.nodes) {
    const after = readsOf(node).map((name) => made.get(name) ?? 0);
    const chunk = Math.max(byOutput.get(node.outputs[0]!) ?? 0, ...after);
    chunks.set(node, chunk);
    for (const name of node.outputs) made.set(name, chunk);
  }
  return chunks;
}
