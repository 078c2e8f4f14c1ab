import { nodeOf, type Node } from "../graph/node.ts";
import type { CutContext, Kept } from "./define-op.ts";

/** Part of one axis: the indices `start`, `start + step`, … before `end`, or the listed ones in their order. */
export type Selection =
  | { readonly axis: number; readonly start: number; readonly end: number; readonly step: number }
  | { readonly axis: number; readonly indices: readonly number[] };

/**
 * Where the kept indices of `to` lie among the kept ones of `from`, when index i of `to` is index `indices[i]` of
 * `from`. Links see to it that an index that stays has its source stay.
 */
export function positionsOf(from: Kept, to: Kept, indices: ArrayLike<number>): number[] {
  const position = new Map(Array.from(from.indices, (index, p) => [index, p]));
  return Array.from(to.indices, (i) => position.get(indices[i]!)!);
}

/** The selection of some indices of an axis, as a range where they are consecutive. */
export function selectionOf(axis: number, indices: readonly number[]): Selection {
  const start = indices[0] ?? 0;
  if (indices.some((v, i) => v !== start + i)) return { axis, indices };
  return { axis, start, end: start + indices.length, step: 1 };
}

/** Nodes that compute `op`'s first output from its first input by selecting on several axes: one Slice, then Gathers. */
export function selectNodes(op: CutContext, selections: readonly Selection[]): Node[] {
  const ranges = selections.filter((s) => "start" in s);
  const lists = selections.filter((s) => "indices" in s);
  const [input, output] = [op.node.inputs[0]!, op.node.outputs[0]!];
  const nodes: Node[] = [];
  let from = input;
  for (const [i, list] of [ranges, ...lists].entries()) {
    if (list === ranges && !ranges.length && lists.length) continue;
    const to = i === lists.length ? output : op.fresh("selected");
    if ("indices" in list) nodes.push(nodeOf("Gather", [from, op.int64(list.indices)], [to], { axis: list.axis }));
    else nodes.push(sliceNode(op, from, to, ranges));
    from = to;
  }
  return nodes;
}

type Range = Extract<Selection, { readonly start: number }>;

function sliceNode(op: CutContext, from: string, to: string, ranges: readonly Range[]): Node {
  const [axes, starts, ends, steps] = (["axis", "start", "end", "step"] as const).map((k) => ranges.map((r) => r[k]));
  if (op.opset < 10) return nodeOf("Slice", [from], [to], { axes: axes!, starts: starts!, ends: ends! }, op.node.name);
  return nodeOf("Slice", [from, ...[starts!, ends!, axes!, steps!].map((v) => op.int64(v))], [to], {}, op.node.name);
}
