import { producersOf, type Graph } from "../graph/graph.ts";
import type { Node } from "../graph/node.ts";
import { nodeOf } from "../graph/node.ts";
import { constantsOf } from "../solver/constants.ts";
import { freshName, nodeWithNames, takenIn } from "./names.ts";

/**
 * Puts the branch that is always taken in the place of an If whose condition never changes (exporters ask whether an
 * axis has size 1 before they squeeze it).
 * @param ints elements of values that are the same in every run, by name
 * @returns the same graph when there is none
 */
export function inlineIfs(graph: Graph, ints: ReadonlyMap<string, readonly number[]>): Graph {
  const producers = producersOf(graph);
  const constants = constantsOf(graph);
  // A comparison with a size that varies may come out the same in a few runs: what it compares must not vary either.
  const isFixed = (name: string): boolean => {
    if (constants.has(name)) return true;
    const node = producers.get(name);
    if (!node || !ints.has(name)) return false;
    return !LOGICAL.has(node.opType) || node.inputs.every(isFixed);
  };
  const branches = new Map<Node, Graph>();
  for (const node of graph.nodes) {
    const condition = node.inputs[0] ?? "";
    if (node.opType !== "If" || node.domain !== "" || !isFixed(condition)) continue;
    const branch = node.attributes[ints.get(condition)?.[0] ? "then_branch" : "else_branch"];
    if (branch?.type === "graph") branches.set(node, branch.value);
  }
  if (!branches.size) return graph;

  const parameters = new Map(graph.parameters);
  const taken = takenIn(graph);
  const nodes = graph.nodes.flatMap((node) => {
    const branch = branches.get(node);
    if (!branch) return [node];
    const own = [...branch.parameters.keys(), ...branch.nodes.flatMap((n) => n.outputs)].filter(Boolean);
    const renamed = new Map(own.map((name) => [name, freshName(name, taken.values)]));
    const rename = (name: string): string => renamed.get(name) ?? name;
    for (const [name, tensor] of branch.parameters) parameters.set(rename(name), { ...tensor, name: rename(name) });
    return [
      ...branch.nodes.map((n) => nodeWithNames(n, rename, taken)),
      ...node.outputs.flatMap((name, i) =>
        name ? [nodeOf("Identity", [rename(branch.outputs[i]!.name)], [name])] : [],
      ),
    ];
  });
  return { ...graph, nodes, parameters };
}

/** Operators that turn sizes into conditions, or conditions into others. */
const LOGICAL = new Set("Equal Less LessOrEqual Greater GreaterOrEqual Not And Or Xor Cast Identity".split(" "));
