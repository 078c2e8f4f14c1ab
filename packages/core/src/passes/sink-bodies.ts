import { capturedNames, producersOf, type Graph, type ValueInfo } from "../graph/graph.ts";
import type { Attribute, Node } from "../graph/node.ts";
import type { Bodies } from "./bodies.ts";
import { withNames } from "./names.ts";

/**
 * Puts bodies that `liftBodies` took out of their nodes, or what a cut made of them, back into these. A body gets back
 * the parameters that it had; new ones go to the outermost graph, which every body can read.
 */
export function sinkBodies(flat: Graph, bodies: Bodies): Graph {
  if (!bodies.nodes.length) return flat;
  const inside = new Set<string>();
  const { nodes, inputs, outputs } = contentOf(flat, bodies, inside);
  const parameters = new Map([...flat.parameters].filter(([name]) => !inside.has(name)));
  return { ...flat, nodes, inputs, outputs, parameters };
}

type Content = Pick<Graph, "nodes" | "inputs" | "outputs">;

/** One graph out of those that stand side by side. Adds the parameters that its bodies hold to `inside`. */
function contentOf(flat: Graph, { inputs, outputs, nodes: holders }: Bodies, inside: Set<string>): Content {
  const nodes = nodesOf(flat, { outputs, nodes: holders });
  for (const { node, bodies } of holders) {
    const attributes = { ...node.attributes };
    for (const body of bodies) attributes[body.attribute] = bodyOf(flat, node, body, inside);
    const reader = nodes.findIndex((n) => readsOf(n).some((name) => node.outputs.includes(name)));
    nodes.splice(reader < 0 ? nodes.length : reader, 0, { ...node, attributes });
  }
  const left = new Map([...flat.inputs, ...flat.outputs].flatMap(({ name, kept }) => (kept ? [[name, kept]] : [])));
  const asCut = (value: ValueInfo): ValueInfo => {
    const kept = left.get(value.name);
    return kept ? { ...value, kept, dims: value.dims?.map((d, axis) => kept.get(axis)?.length ?? d) } : value;
  };
  return { nodes, inputs: inputs.map(asCut), outputs: outputs.map(asCut) };
}

/** The nodes of one of the graphs that stand side by side. */
export function nodesOf(flat: Graph, { outputs, nodes: holders }: Pick<Bodies, "outputs" | "nodes">): Node[] {
  const asked = holders.flatMap(({ node, bodies }) => [
    ...node.inputs,
    ...bodies.flatMap((b) => [...b.captured.keys()]),
  ]);
  const needed = nodesFor([...outputs.map((v) => v.name), ...asked], flat);
  return flat.nodes.filter((node) => needed.has(node));
}

function bodyOf(
  flat: Graph,
  node: Node,
  { attribute, captured, part }: Bodies["nodes"][number]["bodies"][number],
  inside: Set<string>,
): Attribute {
  const original = node.attributes[attribute];
  if (original?.type !== "graph") throw new TypeError(`"${attribute}" is no body`);
  const { nodes, inputs, outputs } = contentOf(flat, part, inside);
  const outer = new Map([...captured].map(([name, inner]) => [inner, name]));
  const rename = (name: string): string => outer.get(name) ?? name;
  const parameters = new Map([...flat.parameters].filter(([name]) => part.parameters.has(name)));
  for (const name of parameters.keys()) inside.add(name);
  const value = {
    ...original.value,
    nodes: nodes.map((n) => withNames(n, rename)),
    inputs,
    outputs: outputs.map((v) => ({ ...v, name: rename(v.name) })),
    parameters,
  };
  return { type: "graph", value };
}

/** The nodes that values are computed by, directly and indirectly. */
function nodesFor(values: readonly string[], graph: Graph): Set<Node> {
  const producers = producersOf(graph);
  const needed = new Set<Node>();
  const open = [...values];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const node = producers.get(name);
    if (!node || needed.has(node)) continue;
    needed.add(node);
    open.push(...readsOf(node));
  }
  return needed;
}

export const readsOf = (node: Node): string[] => [...node.inputs, ...capturedNames(node)];
