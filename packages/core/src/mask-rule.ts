import type { LinearLayer } from "./solver/linear-layers.ts";

/** A range of columns of a layer's matrix, `[from, to)`. */
export type Columns = readonly [from: number, to: number];

/** Scores of some columns, of which some weights are to stay. */
export interface MaskQuestion {
  /** Row-major, `[blocks · rows, to − from]`: the rows of all blocks of the layer; higher means keep. */
  readonly scores: ArrayLike<number>;
  readonly columns: Columns;
}

/**
 * Says which weights of a layer stay, a range of columns at a time and from the first column to the last: how a pruner
 * tells a scorer what masks must look like. Columns are in the order of `layer-matrix.ts`: kernel position by kernel
 * position, so that columns side by side are neighbours along the input axis.
 */
export interface MaskRule {
  /** Number of neighbours along the input axis that are decided together. */
  readonly columns: number;
  /** Whether each such group is decided by itself; otherwise many compete, and a range should hold as many as it can. */
  readonly apart: boolean;
  /** @returns 1 for what stays and 0 for what leaves, in the layout of the scores */
  readonly choose: (question: MaskQuestion) => Uint8Array;
}

/** Groups of neighbours along the input axis, in order. At the end of a kernel position, where they run out, one is shorter. */
export function groupsOf({ features, kernel }: Pick<LinearLayer, "features" | "kernel">, columns: number): Columns[] {
  const groups: Columns[] = [];
  for (let start = 0; start < features * kernel; start += features) {
    for (let from = 0; from < features; from += columns)
      groups.push([start + from, start + Math.min(features, from + columns)]);
  }
  return groups;
}

/** The ranges that a layer's columns are decided in, in order: a group each, or as many groups as `width` columns hold. */
export function rangesOf(
  layer: Pick<LinearLayer, "features" | "kernel">,
  { columns, apart }: Pick<MaskRule, "columns" | "apart">,
  width: number,
): Columns[] {
  const groups = groupsOf(layer, columns);
  if (apart) return groups;
  const ranges: Columns[] = [];
  for (const [from, to] of groups) {
    const last = ranges.at(-1);
    if (last && to - last[0] <= width) ranges[ranges.length - 1] = [last[0], to];
    else ranges.push([from, to]);
  }
  return ranges;
}
