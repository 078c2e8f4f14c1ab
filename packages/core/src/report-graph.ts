import type { Graph } from "./graph/graph.ts";
import type { Node } from "./graph/node.ts";
import type { Analysis } from "./solver/analyze.ts";

/** An operation of the network, or one of its inputs or outputs. */
export interface NodeReport {
  readonly name: string;
  /** "Input" and "Output" are those of the network. */
  readonly opType: string;
  /** Positions of those it reads data from. */
  readonly from: readonly number[];
  /** Position of the layer that it is, where it is one. */
  readonly layer?: number;
  /** Whether it left whole. */
  readonly removed?: true;
}

/** The way data takes through a network: without constants, and without what computes shapes. @param after the graph that is left */
export function graphReport({ graph, layers, operands, lookup }: Analysis, after: Graph): NodeReport[] {
  const varies = new Set(graph.inputs.map((v) => v.name));
  for (const { inputs, outputs } of graph.nodes)
    if (inputs.some((name) => varies.has(name)))
      for (const name of outputs) if (!operands.of(name)?.ints) varies.add(name);
  const dataOf = (node: Node): string[] => {
    const shapes = lookup(node)?.shapeInputs ?? [];
    return [...new Set(node.inputs.filter((name, i) => varies.has(name) && !shapes.includes(i)))];
  };
  const wanted = new Set(graph.outputs.map((v) => v.name));
  const nodes = graph.nodes.toReversed().filter((node) => {
    if (!node.outputs.some((name) => wanted.has(name))) return false;
    for (const name of dataOf(node)) wanted.add(name);
    return true;
  });
  const left = new Set(after.nodes.map((node) => node.outputs[0]));
  const layerOf = new Map(layers.map(({ node }, i) => [node, i]));
  const position = new Map<string, number>();
  const found: NodeReport[] = [];
  const add = (node: NodeReport, yields: readonly string[]): void => {
    for (const name of yields) position.set(name, found.length);
    found.push(node);
  };
  const from = (names: readonly string[]): number[] => [...new Set(names.flatMap((name) => position.get(name) ?? []))];
  for (const { name } of graph.inputs) if (wanted.has(name)) add({ name, opType: "Input", from: [] }, [name]);
  for (const node of nodes.reverse()) {
    const layer = layerOf.get(node);
    const about = { name: node.name || (node.outputs[0] ?? ""), opType: node.opType, from: from(dataOf(node)) };
    const removed = left.has(node.outputs[0]) ? {} : { removed: true as const };
    add({ ...about, ...(layer === undefined ? {} : { layer }), ...removed }, node.outputs);
  }
  for (const { name } of graph.outputs) add({ name, opType: "Output", from: from([name]) }, []);
  return found;
}
