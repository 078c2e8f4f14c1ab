import { consumersOf, type Graph } from "../graph/graph.ts";
import { handlersFor } from "./handlers.ts";

const known = new WeakMap<Graph, ReadonlyMap<string, number>>();

/**
 * How many different integers, from 0, each input may hold: as many as the smallest table that they look up has rows.
 * Inputs that look nothing up, as far as can be seen without shapes, are left out.
 */
export function idBounds(graph: Graph): ReadonlyMap<string, number> {
  const found = known.get(graph) ?? findBounds(graph);
  known.set(graph, found);
  return found;
}

function findBounds(graph: Graph): Map<string, number> {
  const inputs = graph.inputs.filter((v) => v.dtype.includes("int"));
  if (!inputs.length) return new Map();
  const [lookup, readers] = [handlersFor(graph), consumersOf(graph)];
  const boundOf = (input: string): number => {
    let bound = Infinity;
    const [open, seen] = [[input], new Set([input])];
    for (let value = open.pop(); value !== undefined; value = open.pop()) {
      for (const node of readers.get(value) ?? []) {
        const handler = lookup(node);
        const table = handler?.indexes?.(node);
        if (table && node.inputs[table.by] === value) {
          const rows = graph.parameters.get(node.inputs[table.of] ?? "")?.dims.at(table.axis);
          if (rows !== undefined) bound = Math.min(bound, rows);
        }
        const handsOn = handler?.moves || handler?.origin || (node.inputs.length === 1 && !handler?.readsSizes);
        const next = handsOn && node.inputs[0] === value ? node.outputs : [];
        for (const output of next) {
          if (!seen.has(output)) open.push(output);
          seen.add(output);
        }
      }
    }
    return bound;
  };
  return new Map(inputs.map(({ name }) => [name, boundOf(name)] as const).filter(([, bound]) => bound > 0 && bound < Infinity)); // prettier-ignore
}
