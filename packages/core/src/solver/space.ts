import { capturedNames } from "../graph/graph.ts";
import { describeNode, type Node } from "../graph/node.ts";
import { findCaches, type CacheSearch, type GraphCache } from "./caches.ts";
import { outerNames } from "../passes/outer-names.ts";
import { tiedBranches } from "../passes/tied-branches.ts";
import type { Dims, Dim } from "./dims.ts";
import type { HandlerLookup } from "./handlers.ts";
import type { IndexLink } from "./index-links.ts";
import { axisKey, map, pin, same, type AxisRef, type Link } from "./link.ts";
import type { Operands } from "./operands.ts";
import { findShuffles, type Shuffle } from "./shuffles.ts";
import { SpaceBuilder } from "./space-builder.ts";
import { findVocabulary, type Vocabulary } from "./vocabulary.ts";

/** Why a dimension, or one index of it, cannot be cut or is not cut exactly. */
export interface Mark {
  readonly reason: string;
  readonly node: Node | undefined;
}

/** A dimension that cannot be cut, or one index of it. */
export interface Pin {
  readonly dim: Dim;
  readonly index: number | undefined;
  readonly mark: Mark;
}

/** A condition on exactness: one of the axes must be zero (or the axis must not be) once weights are masked. */
export interface Condition {
  readonly kind: "needs-zero" | "needs-nonzero";
  readonly axes: readonly AxisRef[];
  readonly mark: Mark;
}

/** Equal runs of a dimension that must keep equally many indices. */
export interface Balance {
  readonly dim: Dim;
  readonly size: number;
  readonly blocks: number;
  readonly mark: Mark;
}

/** An axis of a weighted operator's weight: output features, or what is contracted with its input. */
export interface Feature {
  readonly axis: AxisRef;
  readonly role: "output" | "input";
  readonly node: Node;
}

/** The index spaces of a graph: which dimensions each axis consists of, and everything operators said about them. */
export interface Space {
  readonly dims: Dims;
  readonly indexLinks: readonly IndexLink[];
  readonly pins: ReadonlyMap<Dim, Mark>;
  /** Pins of single indices. */
  readonly indexPins: readonly { readonly dim: Dim; readonly index: number; readonly mark: Mark }[];
  readonly inexact: ReadonlyMap<Dim, Mark>;
  /** Axes of weighted operators: what is worth cutting. */
  readonly features: readonly Feature[];
  readonly heads: ReadonlySet<Dim>;
  readonly blocks: ReadonlySet<Dim>;
  readonly balances: readonly Balance[];
  readonly conditions: readonly Condition[];
  readonly shuffles: readonly Shuffle[];
  /** What is kept from run to run: narrower where what is computed for it is. */
  readonly caches: readonly GraphCache[];
  /** The ids of tokens, where the vocabulary may be cut; or why it cannot be. */
  readonly vocabulary: Vocabulary | string | undefined;
  /** Prime dimensions of an axis, outermost first; empty for an axis of size 1. */
  readonly dimsOf: (axis: AxisRef) => readonly Dim[];
  /** Prime dimensions of a factor that a node's links named. */
  readonly factorDims: (node: Node, name: string) => readonly Dim[];
}

/**
 * Builds the index spaces of a graph from what its operators say. Where axes fit no common factors, the operators that
 * named them are asked for what else they can say, and the spaces are built anew.
 * @param freesVocabulary whether rows of the table of tokens may be cut, and their scores
 */
export function buildSpace(parts: CacheSearch, freesVocabulary = false): Space {
  const { graph, lookup, operands } = parts;
  const shuffles = findShuffles(graph, lookup, operands);
  const shuffled = new Set(shuffles.flatMap((s) => s.nodes));
  const caches = findCaches(parts);
  const cached = new Set(caches.flatMap(({ values }) => values));
  const border = borderOf(parts);
  const pinBorder = (builder: SpaceBuilder, kind: "inputs" | "outputs", but?: ReadonlySet<string>): void => {
    for (const { name } of graph[kind])
      if (!cached.has(name)) builder.pinValue(name, { reason: border(kind, name), node: undefined }, but);
  };
  const tied = parts.bodies ? tiedBranches(graph, parts.bodies) : [];
  const torn = new Set<string>();
  const isTorn = (axis: AxisRef): boolean => torn.has(axisKey(axis));
  for (;;) {
    const builder = new SpaceBuilder(operands);
    for (const node of graph.nodes) if (!shuffled.has(node)) addLinks(builder, node, lookup, operands, isTorn);
    for (const s of shuffles) builder.add(s.nodes[0]!, shuffleLinks(s, operands));
    const vocabulary = freesVocabulary ? findVocabulary(graph, builder.lookups, lookup, operands) : undefined;
    builder.pinLookups(typeof vocabulary === "object" ? vocabulary.tables : []);
    const scores = new Set(typeof vocabulary === "object" ? vocabulary.scores.map(axisKey) : []);
    pinBorder(builder, "inputs");
    pinBorder(builder, "outputs", scores);
    for (const cache of caches) addCache(builder, cache);
    for (const [a, b] of tied)
      graph.parameters.get(a)!.dims.forEach((_, axis) => builder.join({ value: a, axis }, { value: b, axis }));
    const space = builder.finish(shuffles, caches, vocabulary);
    const before = torn.size;
    for (const axis of builder.tornAxes()) torn.add(axisKey(axis));
    if (torn.size === before) return space;
  }
}

/** Says why a value that is an input or output of a graph, or of a body of one that stands beside it, stays as it is. */
function borderOf({ graph, bodies }: CacheSearch): (kind: "inputs" | "outputs", name: string) => string {
  const names = bodies && outerNames(bodies);
  const own = bodies ?? graph;
  return (kind, inner) => {
    const name = names?.get(inner) ?? inner;
    if (!own[kind].some((v) => v.name === name)) return `goes into or out of a body as "${name}"`;
    return kind === "inputs" ? `is graph input "${name}"` : `feeds graph output "${name}"`;
  };
}

function addCache(builder: SpaceBuilder, { input, output, whole, alike, ignored }: GraphCache): void {
  const reason = ignored ? "is ignored by option" : `counts what cache "${input ?? output}" holds`;
  for (const axis of whole) builder.pinAxis(axis, { reason, node: undefined });
  for (const [first, ...others] of alike) for (const other of others) builder.join(first!, other);
}

/** Adds what a node says; one that nobody described, or whose rule fails on this graph, is a barrier. */
function addLinks(
  builder: SpaceBuilder,
  node: Node,
  lookup: HandlerLookup,
  operands: Operands,
  isTorn: (axis: AxisRef) => boolean,
): void {
  const op = operands.contextOf(node);
  const handler = lookup(node);
  const captured = capturedNames(node).map((name) => operands.of(name));
  const barrier = (reason: string): void =>
    builder.add(
      node,
      [...op.in, ...op.out, ...captured].flatMap((v) =>
        v ? v.dims.map((_, i) => pin(v.axis(i), `reaches ${describeNode(node)}, ${reason}`)) : [],
      ),
    );
  const unknown = [...node.inputs, ...node.outputs].find((name) => name && !operands.of(name));
  if (!handler?.links || captured.length) barrier("an operator without a rule");
  else if (unknown !== undefined) barrier(`where the shape of "${unknown}" is unknown`);
  else {
    try {
      builder.add(node, handler.looseLinks?.(op, isTorn) ?? handler.links(op));
    } catch (error) {
      barrier(`whose rule failed: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

function shuffleLinks(shuffle: Shuffle, operands: Operands): Link[] {
  const root = operands.of(shuffle.root)!;
  return shuffle.exits.flatMap((exit) =>
    root.dims.map((_, i) => {
      const to = operands.of(exit.value)!.axis(i);
      const permuted = exit.axes.find((a) => a.axis === i);
      return permuted ? map(root.axis(i), to, permuted.indices) : same(root.axis(i), to);
    }),
  );
}
