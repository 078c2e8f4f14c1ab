import { opsetOf, type Graph } from "../graph/graph.ts";
import type { Node } from "../graph/node.ts";
import { operatorModules } from "../ops/index.gen.ts";
import type { OpHandler } from "../ops/define-op.ts";

/** Finds the rule for a node. */
export type HandlerLookup = (node: Node) => OpHandler | undefined;

const isHandler = (value: unknown): value is OpHandler =>
  typeof value === "object" && value !== null && "type" in value;

/** The operators that core describes. */
export const coreOperators: readonly OpHandler[] = operatorModules.flatMap((module) =>
  Object.values(module as Record<string, unknown>)
    .flat()
    .filter(isHandler),
);

/**
 * Looks rules up by operator, domain and opset: of several, the one with the highest `since` that is not newer than
 * the graph's opset. Rules in `extra` win over core's own.
 */
export function handlersFor(graph: Graph, extra: readonly OpHandler[] = []): HandlerLookup {
  const table = new Map<string, OpHandler>();
  for (const handler of [...coreOperators, ...extra]) {
    const domain = handler.domain ?? "";
    const key = `${domain}:${handler.type}`;
    const since = handler.since ?? 1;
    const known = table.get(key);
    if (since <= opsetOf(graph, domain) && (!known || since >= (known.since ?? 1))) table.set(key, handler);
  }
  return (node) => table.get(`${node.domain === "ai.onnx" ? "" : node.domain}:${node.opType}`);
}
