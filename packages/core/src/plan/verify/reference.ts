import type { Graph } from "../../graph/graph.ts";
import { nodeOf, type Node } from "../../graph/node.ts";
import type { Analysis } from "../../solver/analyze.ts";
import { editGraph, type Edits } from "../edits.ts";

/**
 * What a pruned graph must compute, once the cut slices of its weights are at zero: the original with its edits, and with
 * everything that is bypassed still there and multiplied by zero. A lossless cut gets the original itself: nothing is at
 * zero in it but what the edits mask, and no constant has a new value.
 */
export function referenceFor({ graph, quantized }: Analysis, edits: Edits, lossless: boolean): Graph {
  const { bypassed = new Map<string, string>(), masks, values } = edits;
  const kept = { ...(masks ? { masks } : {}), ...(values && !lossless ? { values } : {}) };
  return mutedGraph(editGraph(graph, kept, quantized), bypassed);
}

/** The graph in which readers of a bypassed value read `by + 0 · (value − by)`: all is computed, and counts for nothing. */
function mutedGraph(graph: Graph, bypassed: ReadonlyMap<string, string>): Graph {
  if (!bypassed.size) return graph;
  const muted = (name: string): string => (bypassed.has(name) ? `prune:muted:${name}` : name);
  const nodes = graph.nodes.flatMap((node) => [
    { ...node, inputs: node.inputs.map(muted) },
    ...node.outputs.filter((name) => bypassed.has(name)).flatMap((name) => mute(name, muted(bypassed.get(name)!), muted(name))), // prettier-ignore
  ]);
  // Of inputs, which stand in no order, each is read in place of others directly.
  const end = (name: string): string => (bypassed.has(name) ? end(bypassed.get(name)!) : name);
  const inputs = graph.inputs.filter(({ name }) => bypassed.has(name));
  return { ...graph, nodes: [...inputs.flatMap(({ name }) => mute(name, end(name), muted(name))), ...nodes] };
}

/** Emits `by + 0 · (value − by)`; the zero is `value − value`, which has the right type. */
function mute(value: string, by: string, to: string): Node[] {
  const [difference, zero, nothing] = [`${to}:difference`, `${to}:zero`, `${to}:nothing`];
  return [
    nodeOf("Sub", [value, by], [difference]),
    nodeOf("Sub", [value, value], [zero]),
    nodeOf("Mul", [difference, zero], [nothing]),
    nodeOf("Add", [by, nothing], [to]),
  ];
}
