import { editGraph, type Analysis, type Graph } from "@prune/core";

/** Whether every input that had a part in an output still has one when readers of some values read others instead. */
export function keepsConnected({ graph }: Analysis, bypassed: ReadonlyMap<string, string>): boolean {
  const left = inputsThatCount(editGraph(graph, { bypassed }));
  return [...inputsThatCount(graph)].every((name) => left.has(name));
}

function inputsThatCount({ nodes, inputs, outputs }: Graph): Set<string> {
  const counts = new Set(outputs.map((v) => v.name));
  for (const node of nodes.toReversed())
    if (node.outputs.some((name) => counts.has(name))) for (const name of node.inputs) counts.add(name);
  return new Set(inputs.map((v) => v.name).filter((name) => counts.has(name)));
}
