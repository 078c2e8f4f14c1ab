import { contentOf } from "../graph/content.ts";
import { holdsWeights } from "../graph/dtype.ts";
import type { Graph } from "../graph/graph.ts";
import type { Bodies } from "./bodies.ts";

/**
 * Matrices that both branches of an If hold, equal to the bit: the same layer, written down twice, as where the first step
 * of a decoder and the later ones are merged with their weights. What one branch holds several times is none: which of them
 * stands for which is not known.
 * @returns names of parameters, in pairs
 */
export function tiedBranches(graph: Graph, { nodes }: Bodies): (readonly [string, string])[] {
  return nodes.flatMap(({ node, bodies }) => {
    const inside = bodies.flatMap(({ part }) => tiedBranches(graph, part));
    const [then, other] = bodies.map(({ part }) => matricesOf(graph, part));
    if (node.opType !== "If" || !then || !other) return inside;
    const pairs = [...then].flatMap(([content, name]) => {
      const twin = other.get(content);
      return name !== undefined && twin !== undefined ? [[name, twin] as const] : [];
    });
    return [...inside, ...pairs];
  });
}

/** The matrices of a body by what they hold; undefined where several are equal. */
function matricesOf(graph: Graph, { parameters }: Bodies): Map<string, string | undefined> {
  const found = new Map<string, string | undefined>();
  for (const name of parameters) {
    const tensor = graph.parameters.get(name);
    if (!tensor || !holdsWeights(tensor.dtype) || tensor.dims.filter((d) => d > 1).length < 2) continue;
    const content = contentOf(tensor);
    found.set(content, found.has(content) ? undefined : name);
  }
  return found;
}
