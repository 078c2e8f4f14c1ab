import type { Analysis } from "../solver/analyze.ts";
import type { Bodies } from "./bodies.ts";
import { nodesOf, readsOf } from "./sink-bodies.ts";
import { tiedBranches } from "./tied-branches.ts";

/**
 * Parameters that several of the graphs read that stand side by side, or hold twice: what one of them does with such, such
 * as a branch of a merged decoder, another does too.
 */
export function sharedByBodies({ graph, bodies }: Pick<Analysis, "graph" | "bodies">): ReadonlySet<string> {
  const shared = new Set(tiedBranches(graph, bodies).flat());
  const seen = new Set<string>();
  const visit = (part: Bodies): void => {
    const read = new Set(nodesOf(graph, part).flatMap(readsOf));
    for (const name of read) {
      if (!graph.parameters.has(name)) continue;
      if (seen.has(name)) shared.add(name);
      seen.add(name);
    }
    for (const holder of part.nodes) for (const body of holder.bodies) visit(body.part);
  };
  if (bodies.nodes.length) visit(bodies);
  return shared;
}
