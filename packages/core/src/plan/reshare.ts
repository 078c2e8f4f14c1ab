import { capturedNames, type Graph } from "../graph/graph.ts";
import type { Node } from "../graph/node.ts";
import { fillCopies } from "../passes/own-fills.ts";
import type { Analysis } from "../solver/analyze.ts";
import type { Cut } from "./cut.ts";

/**
 * Puts back what `unshare` took apart wherever the copies stayed equal, and drops what the cut left without a reader.
 */
export function reshare(
  graph: Graph,
  { original, aliases, graph: analyzed }: Pick<Analysis, "original" | "aliases" | "graph">,
  cut: Pick<Cut, "axesOf">,
): Graph {
  const parameters = new Map(graph.parameters);
  const restored = new Set<string>();
  for (const [alias, source] of aliases) {
    if (cut.axesOf(alias).size || cut.axesOf(source).size) continue;
    parameters.delete(alias);
    restored.add(alias);
  }
  const fills = fillCopies(original, analyzed);
  const whole = new Map([...fills].filter(([copy]) => !cut.axesOf(copy).size));
  const nodes = whole.size ? withoutCopies(graph.nodes, whole) : graph.nodes;
  const identities = original.nodes.filter((n) => restored.has(n.outputs[0] ?? ""));
  const merged = mergeCopies([...identities, ...nodes], new Set(original.nodes.flatMap((n) => n.outputs)));
  return dropUnread({ ...graph, nodes: merged, parameters }, new Set([...readNames(analyzed), ...fills.values()]));
}

/** Nodes that read what they read before some of it was copied for them, without what makes the copies. */
function withoutCopies(nodes: readonly Node[], copies: ReadonlyMap<string, string>): Node[] {
  return nodes.flatMap((node) =>
    copies.has(node.outputs[0] ?? "") ? [] : [{ ...node, inputs: node.inputs.map((name) => copies.get(name) ?? name) }],
  );
}

/** Removes nodes that compute what an earlier node of the original already computes the same way. */
function mergeCopies(nodes: readonly Node[], originals: ReadonlySet<string>): Node[] {
  const known = new Map<string, string>();
  const renamed = new Map<string, string>();
  const kept: Node[] = [];
  for (const node of nodes) {
    const inputs = node.inputs.map((name) => renamed.get(name) ?? name);
    const key = node.outputs.length === 1 ? `${node.opType}|${inputs.join("|")}` : "";
    const first = key ? known.get(key) : undefined;
    const isCopy = node.outputs.every((name) => !originals.has(name)) && /\/copy\d+$/.test(node.outputs[0] ?? "");
    if (first !== undefined && isCopy && node.attributes === attributesOf(kept, first))
      renamed.set(node.outputs[0]!, first);
    else {
      if (key && first === undefined) known.set(key, node.outputs[0]!);
      kept.push(inputs.every((name, i) => name === node.inputs[i]) ? node : { ...node, inputs });
    }
  }
  return kept;
}

const attributesOf = (nodes: readonly Node[], output: string): Node["attributes"] | undefined =>
  nodes.find((n) => n.outputs[0] === output)?.attributes;

/** Names of all values that something reads. */
function readNames({ nodes, outputs }: Pick<Graph, "nodes" | "outputs">): Set<string> {
  return new Set([...outputs.map((v) => v.name), ...nodes.flatMap((n) => [...n.inputs, ...capturedNames(n)])]);
}

/** Drops nodes and parameters that nothing reads any more; what nothing read `before` is not ours to drop. */
function dropUnread(graph: Graph, before: ReadonlySet<string>): Graph {
  let nodes = graph.nodes;
  for (;;) {
    const read = readNames({ nodes, outputs: graph.outputs });
    const left = nodes.filter(
      (n) => n.outputs.some((name) => read.has(name)) || !n.outputs.some((name) => before.has(name)),
    );
    if (left.length === nodes.length) {
      const parameters = new Map([...graph.parameters].filter(([name]) => read.has(name) || !before.has(name)));
      return { ...graph, nodes, parameters };
    }
    nodes = left;
  }
}
