import type { Graph } from "../graph/graph.ts";
import type { Cut } from "../plan/cut.ts";
import { narrowed } from "../plan/narrowed.ts";
import type { Analysis } from "../solver/analyze.ts";
import type { Bodies } from "./bodies.ts";
import { withNames } from "./names.ts";

/** Takes out of a pruned graph the bodies that were taken out of its original, of which the cut left this. */
export function liftAlike(pruned: Graph, { bodies, original }: Pick<Analysis, "bodies" | "original">, cut: Cut): Graph {
  if (!bodies.nodes.length) return pruned;
  const [inputs, outputs] = [original.inputs, original.outputs].map((values) => values.map((v) => narrowed(v, cut)));
  return { ...pruned, ...contentOf(pruned, bodies), inputs: inputs!, outputs: outputs! };
}

function contentOf(graph: Graph, { nodes: holders }: Bodies): Pick<Graph, "nodes" | "parameters"> {
  const known = new Map(holders.map((holder) => [holder.node.outputs[0], holder]));
  const parts = graph.nodes.map((node) => {
    const holder = known.get(node.outputs[0]);
    if (!holder) return { nodes: [node], parameters: [] };
    const bodies = holder.bodies.map(({ attribute, captured, part }) => {
      const body = node.attributes[attribute];
      if (body?.type !== "graph") return { nodes: [], parameters: new Map<string, never>() };
      const inner = contentOf(body.value, part);
      return { ...inner, nodes: inner.nodes.map((n) => withNames(n, (name) => captured.get(name) ?? name)) };
    });
    return { nodes: bodies.flatMap((b) => b.nodes), parameters: bodies.flatMap((b) => [...b.parameters]) };
  });
  return {
    nodes: parts.flatMap((part) => part.nodes),
    parameters: new Map([...graph.parameters, ...parts.flatMap((part) => part.parameters)]),
  };
}
