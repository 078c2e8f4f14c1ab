import { consumersOf, producersOf, type Graph } from "../graph/graph.ts";
import { describeNode, type Node } from "../graph/node.ts";
import type { HandlerLookup } from "./handlers.ts";
import type { AxisRef } from "./link.ts";
import type { Operands } from "./operands.ts";

/** The ids of tokens that a network takes: what they look up, and where it scores tokens. */
export interface Vocabulary {
  /** The input that holds ids. */
  readonly input: string;
  readonly size: number;
  /** Rows of tables that ids look up, at least one. */
  readonly tables: readonly AxisRef[];
  /** Axes of outputs that hold a score for each token. */
  readonly scores: readonly AxisRef[];
}

/** A table that is looked up, and the value that holds the indices. */
export interface Lookup {
  readonly axis: AxisRef;
  readonly by: string;
  readonly node: Node;
}

/**
 * Finds the vocabulary of a network among the tables that integers of its inputs look up: the one that has a row for each
 * score of an output or, where there are no scores, the one of most rows. Ids that are also computed with, as where a
 * mask is made of those that pad, cannot be counted anew.
 * @returns undefined where there is none, or why what there is cannot be cut
 */
export function findVocabulary(
  graph: Graph,
  lookups: readonly Lookup[],
  lookup: HandlerLookup,
  operands: Operands,
): Vocabulary | string | undefined {
  const inputs = new Set(graph.inputs.map((v) => v.name));
  const producers = producersOf(graph);
  const handsOn = (node: Node): boolean => node.inputs.length === 1 || Boolean(lookup(node)?.moves);
  const sourceOf = (value: string): string => {
    const node = producers.get(value);
    return node && handsOn(node) ? sourceOf(node.inputs[0]!) : value;
  };
  const scoresFor = (size: number): AxisRef[] =>
    graph.outputs.flatMap(({ name, dtype }) => {
      const y = operands.of(name);
      return y && y.rank >= 2 && y.dim(-1) === size && !y.isDynamic(y.rank - 1) && !/int|bool/.test(dtype) ? [y.axis(-1)] : []; // prettier-ignore
    });
  const found = new Map<string, Lookup[]>();
  for (const entry of lookups) {
    const [input, table] = [sourceOf(entry.by), operands.of(entry.axis.value)];
    if (inputs.has(input) && table?.isWeight) found.set(input, [...(found.get(input) ?? []), entry]);
  }
  const sizeOf = ({ axis }: Lookup): number => operands.of(axis.value)!.dim(axis.axis);
  const candidates = [...found].map(([input, own]) => ({ input, own, size: sizeOf(own[0]!), scores: scoresFor(sizeOf(own[0]!)) })); // prettier-ignore
  const [best] = candidates.toSorted((a, b) => Number(b.scores.length > 0) - Number(a.scores.length > 0) || b.size - a.size); // prettier-ignore
  if (!best) return undefined;
  const { input, own, size, scores } = best;
  if (own.some((entry) => sizeOf(entry) !== size)) return `"${input}" looks up tables of different sizes`;
  const other = otherReader(graph, input, new Set(own.map((entry) => entry.node)), handsOn, lookup);
  if (other) return `"${input}" is also read by ${describeNode(other)}`;
  return { input, size, tables: own.map((entry) => entry.axis), scores };
}

/** A node that computes with ids instead of looking something up. */
function otherReader(
  graph: Graph,
  input: string,
  tables: ReadonlySet<Node>,
  handsOn: (node: Node) => boolean,
  lookup: HandlerLookup,
): Node | undefined {
  const readers = consumersOf(graph);
  const open = [input];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    for (const node of readers.get(value) ?? []) {
      if (tables.has(node) || lookup(node)?.readsSizes) continue;
      if (!handsOn(node)) return node;
      open.push(...node.outputs);
    }
  }
  return undefined;
}
