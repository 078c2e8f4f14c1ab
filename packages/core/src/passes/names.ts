import { capturedNames, type Graph } from "../graph/graph.ts";
import type { Attribute, Node } from "../graph/node.ts";

/** Names that a graph has given away: of values and, apart from these, of nodes. */
export interface Taken {
  readonly values: Set<string>;
  readonly nodes: Set<string>;
}

export const takenIn = ({ parameters, inputs, nodes }: Graph): Taken => ({
  values: new Set([...parameters.keys(), ...inputs.map((v) => v.name), ...nodes.flatMap((n) => n.outputs)]),
  nodes: new Set(nodes.map((n) => n.name)),
});

/** A name not yet taken, like the given one; takes it. */
export function freshName(name: string, taken: Set<string>): string {
  let fresh = name;
  for (let n = 1; taken.has(fresh); n++) fresh = `${name}/inlined${n}`;
  taken.add(fresh);
  return fresh;
}

/** A node of a body for the graph around it, over renamed values and under a name of its own: runtimes insist on that. */
export function nodeWithNames(node: Node, rename: (name: string) => string, { nodes }: Taken): Node {
  const renamed = withNames(node, rename);
  return node.name ? { ...renamed, name: freshName(node.name, nodes) } : renamed;
}

/** A node over renamed values, in its bodies too. */
export function withNames(node: Node, rename: (name: string) => string): Node {
  const [inputs, outputs] = [node.inputs.map(rename), node.outputs.map(rename)];
  const same = (a: readonly string[], b: readonly string[]): boolean => a.every((name, i) => name === b[i]);
  const captures = capturedNames(node).some((name) => rename(name) !== name);
  if (same(inputs, node.inputs) && same(outputs, node.outputs) && !captures) return node;
  const attributes = Object.entries(node.attributes).map(([key, attribute]): [string, Attribute] => {
    if (attribute.type !== "graph") return [key, attribute];
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
    return [key, { type: "graph", value }];
  });
  return { ...node, inputs, outputs, attributes: Object.fromEntries(attributes) };
}
