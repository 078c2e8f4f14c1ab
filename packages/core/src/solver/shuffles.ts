import { consumersOf, type Graph } from "../graph/graph.ts";
import type { Node } from "../graph/node.ts";
import { Dims, type Dim } from "./dims.ts";
import type { HandlerLookup } from "./handlers.ts";
import type { Term } from "./link.ts";
import type { Operands } from "./operands.ts";

/**
 * A chain of nodes that only move elements and, taken together, permute the indices of single axes: the channel
 * shuffle Reshape → Transpose → Reshape. Its links are `to[i] = from[indices[i]]`; after a cut that is no product
 * any more the whole chain is one Gather.
 */
export interface Shuffle {
  /** The value the chain starts from. */
  readonly root: string;
  /** The chain's nodes, in order. */
  readonly nodes: readonly Node[];
  /** Values of the chain that something else reads, of the same rank as the root. */
  readonly exits: readonly {
    readonly value: string;
    readonly axes: readonly { readonly axis: number; readonly indices: Int32Array }[];
  }[];
}

/** Finds the chains that permute single axes. */
export function findShuffles(graph: Graph, lookup: HandlerLookup, operands: Operands): Shuffle[] {
  const consumers = consumersOf(graph);
  const outputs = new Set(graph.outputs.map((v) => v.name));
  const moves = (node: Node): boolean => lookup(node)?.moves === true && node.outputs.length === 1;
  const moved = new Set(graph.nodes.filter(moves).map((n) => n.outputs[0]!));
  const roots = new Set(graph.nodes.filter(moves).flatMap((n) => (moved.has(n.inputs[0]!) ? [] : [n.inputs[0]!])));
  const shuffles: Shuffle[] = [];
  for (const root of roots) {
    const nodes: Node[] = [];
    const exits: string[] = [];
    const visit = (value: string): void => {
      const readers = consumers.get(value) ?? [];
      for (const node of readers) {
        if (moves(node) && node.inputs[0] === value) {
          nodes.push(node);
          visit(node.outputs[0]!);
        } else if (value !== root && !exits.includes(value)) exits.push(value);
      }
      if (outputs.has(value) && value !== root) exits.push(value);
    };
    visit(root);
    const shuffle = nodes.length > 1 ? asShuffle(root, nodes, exits, lookup, operands) : undefined;
    if (shuffle) shuffles.push(shuffle);
  }
  return shuffles;
}

function asShuffle(
  root: string,
  nodes: readonly Node[],
  exits: readonly string[],
  lookup: HandlerLookup,
  operands: Operands,
): Shuffle | undefined {
  const dims = new Dims();
  const axes = new Map<string, Dim[]>();
  const axesOf = (value: string): Dim[] => {
    const known = axes.get(value);
    if (known) return known;
    const made = (operands.of(value)?.dims ?? []).map((size) => dims.make(size));
    axes.set(value, made);
    return made;
  };
  for (const node of nodes) {
    const factors = new Map<string, Dim>();
    const dimOf = (term: Term): Dim => {
      if ("value" in term) return axesOf(term.value)[term.axis]!;
      if (!factors.has(term.factor)) factors.set(term.factor, dims.make(term.size));
      return factors.get(term.factor)!;
    };
    for (const link of lookup(node)!.links!(operands.contextOf(node))) {
      if (link.kind !== "equal") return undefined;
      if (dims.unify(link.left.map(dimOf), link.right.map(dimOf)).length) return undefined;
    }
  }
  const from = axesOf(root).map((d) => dims.resolve([d]));
  const found = exits.map((value) => {
    const to = axesOf(value).map((d) => dims.resolve([d]));
    if (to.length !== from.length || !to.every((list, i) => isPermutation(list, from[i]!))) return undefined;
    const permuted = to.flatMap((list, axis) =>
      list.every((d, i) => d === from[axis]![i])
        ? []
        : [{ axis, indices: permutation(from[axis]!, list, (d) => dims.size(d)) }],
    );
    return { value, axes: permuted };
  });
  const complete = found.filter((exit) => exit !== undefined);
  if (complete.length !== exits.length || !complete.some((exit) => exit.axes.length)) return undefined;
  return { root, nodes, exits: complete };
}

const isPermutation = (a: readonly Dim[], b: readonly Dim[]): boolean =>
  a.length === b.length && new Set(a).size === a.length && a.every((d) => b.includes(d));

/** For each index of an axis whose digits stand in the order `to`, the index in the order `from`. */
function permutation(from: readonly Dim[], to: readonly Dim[], size: (dim: Dim) => number): Int32Array {
  const stride = new Map<Dim, number>();
  let product = 1;
  for (const d of from.toReversed()) {
    stride.set(d, product);
    product *= size(d);
  }
  const indices = new Int32Array(product);
  for (let i = 0; i < product; i++) {
    let rest = i;
    for (const d of to.toReversed()) {
      indices[i]! += (rest % size(d)) * stride.get(d)!;
      rest = Math.floor(rest / size(d));
    }
  }
  return indices;
}
