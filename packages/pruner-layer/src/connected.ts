import { editGraph, type Analysis, type Graph } from "@prune/core";
import type { Removal } from "./caches.ts";

/** Whether every input that had a part in an output, and does not leave, still has one in what is left. */
export function keepsConnected({ graph }: Analysis, removal: Removal): boolean {
  const left = inputsThatCount(editGraph(graph, removal));
  return [...inputsThatCount(graph)].every((name) => left.has(name) || removal.dropped.has(name));
}

function inputsThatCount({ nodes, inputs, outputs }: Graph): Set<string> {
  const counts = new Set(outputs.map((v) => v.name));
  for (const node of nodes.toReversed())
    if (node.outputs.some((name) => counts.has(name))) for (const name of node.inputs) counts.add(name);
  return new Set(inputs.map((v) => v.name).filter((name) => counts.has(name)));
}
