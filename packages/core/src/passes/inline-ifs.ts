import { capturedNames, producersOf, type Graph } from "../graph/graph.ts";
import { nodeOf, type Attribute, type Node } from "../graph/node.ts";
import { constantsOf } from "../solver/constants.ts";

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
  const taken = new Set([...parameters.keys(), ...graph.inputs.map((v) => v.name), ...producers.keys()]);
  const nodes = graph.nodes.flatMap((node) => {
    const branch = branches.get(node);
    if (!branch) return [node];
    const own = [...branch.parameters.keys(), ...branch.nodes.flatMap((n) => n.outputs)].filter(Boolean);
    const renamed = new Map(own.map((name) => [name, freshName(name, taken)]));
    const rename = (name: string): string => renamed.get(name) ?? name;
    for (const [name, tensor] of branch.parameters) parameters.set(rename(name), { ...tensor, name: rename(name) });
    return [
      ...branch.nodes.map((n) => withNames(n, rename)),
      ...node.outputs.flatMap((name, i) =>
        name ? [nodeOf("Identity", [rename(branch.outputs[i]!.name)], [name])] : [],
      ),
    ];
  });
  return { ...graph, nodes, parameters };
}

/** Operators that turn sizes into conditions, or conditions into others. */
const LOGICAL = new Set("Equal Less LessOrEqual Greater GreaterOrEqual Not And Or Xor Cast Identity".split(" "));

function freshName(name: string, taken: Set<string>): string {
  let fresh = name;
  for (let n = 1; taken.has(fresh); n++) fresh = `${name}/inlined${n}`;
  taken.add(fresh);
  return fresh;
}

/** A node over renamed values, in its bodies too. */
function withNames(node: Node, rename: (name: string) => string): Node {
  const [inputs, outputs] = [node.inputs.map(rename), node.outputs.map(rename)];
  const same = (a: readonly string[], b: readonly string[]): boolean => a.every((name, i) => name === b[i]);
  const captures = capturedNames(node).some((name) => rename(name) !== name);
  if (same(inputs, node.inputs) && same(outputs, node.outputs) && !captures) return node;
  const attributes: Record<string, Attribute> = { ...node.attributes };
  for (const [key, attribute] of Object.entries(node.attributes)) {
    if (attribute.type !== "graph") continue;
    const body = attribute.value;
    const own = new Set([
      ...body.inputs.map((v) => v.name),
      ...body.parameters.keys(),
      ...body.nodes.flatMap((n) => n.outputs),
    ]);
    const outer = (name: string): string => (own.has(name) ? name : rename(name));
    const value = {
      ...body,
      nodes: body.nodes.map((n) => withNames(n, outer)),
      outputs: body.outputs.map((v) => ({ ...v, name: outer(v.name) })),
    };
    attributes[key] = { type: "graph", value };
  }
  return { ...node, inputs, outputs, attributes };
}
