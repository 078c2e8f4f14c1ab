import { capturedNames, type Graph, type Node, producersOf, type ValueInfo } from "@prune/core";

/**
 * The part of a graph that its outputs need, where some values are given: they become inputs, and what only they needed
 * is left out. Inputs stay, needed or not.
 */
export function partOf(graph: Graph, given: readonly ValueInfo[] = []): Graph {
  const producers = producersOf(graph);
  const reached = new Set(given.map(({ name }) => name));
  const nodes = new Set<Node>();
  const ahead = graph.outputs.map(({ name }) => name);
  for (let name = ahead.pop(); name !== undefined; name = ahead.pop()) {
    if (reached.has(name)) continue;
    reached.add(name);
    const node = producers.get(name);
    if (!node || nodes.has(node)) continue;
    nodes.add(node);
    ahead.push(...node.inputs, ...capturedNames(node));
  }
  for (const { name } of given) reached.delete(name);
  return {
    ...graph,
    nodes: graph.nodes.filter((node) => nodes.has(node)),
    inputs: [...graph.inputs, ...given],
    parameters: new Map([...graph.parameters].filter(([name]) => reached.has(name))),
  };
}

/** The inputs of a network, and those that only its teacher has. */
export function inputsOfBoth({ inputs }: Pick<Graph, "inputs">, teacher?: Pick<Graph, "inputs">): readonly ValueInfo[] {
  const names = new Set(inputs.map((v) => v.name));
  const others = teacher?.inputs.filter((v) => !names.has(v.name)) ?? [];
  return others.length ? [...inputs, ...others] : inputs;
}
