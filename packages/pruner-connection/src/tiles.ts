import { groupsOf, nthSmallest, type Columns, type LinearLayer } from "@prune/core";

/** Weights that stay or leave together. */
export interface Tiles {
  /** Ranges of rows, and ranges of columns: a tile is one of each. Row-major: `band · groups.length + group`. */
  readonly bands: readonly Columns[];
  readonly groups: readonly Columns[];
  readonly means: Float32Array | Float64Array;
}

/** The tiles of some columns of a layer's matrix and the mean score of each. Tiles end where a block of the layer does. */
export function tilesOf(
  layer: Pick<LinearLayer, "blocks" | "rows" | "features" | "kernel">,
  scores: ArrayLike<number>,
  [from, to]: Columns,
  size: { readonly rows: number; readonly columns: number },
): Tiles {
  const bands = groupsOf({ features: layer.rows, kernel: layer.blocks }, size.rows);
  const groups = groupsOf(layer, size.columns).filter(([left, right]) => left >= from && right <= to);
  // Of one weight each, in the layout of the scores.
  if (isFloats(scores) && bands.length * groups.length === scores.length) return { bands, groups, means: scores };
  const means = new Float64Array(bands.length * groups.length);
  const width = to - from;
  let tile = 0;
  for (const [top, bottom] of bands) {
    for (const [left, right] of groups) {
      let sum = 0;
      for (let r = top; r < bottom; r++) for (let c = left; c < right; c++) sum += scores[r * width + c - from]!;
      means[tile++] = sum / ((bottom - top) * (right - left));
    }
  }
  return { bands, groups, means };
}

const isFloats = (list: ArrayLike<number>): list is Float32Array | Float64Array =>
  list instanceof Float32Array || list instanceof Float64Array;

/** Number of weights of a tile. */
function sizeOfTile({ bands, groups }: Tiles, tile: number): number {
  const [top, bottom] = bands[Math.floor(tile / groups.length)]!;
  const [left, right] = groups[tile % groups.length]!;
  return (bottom - top) * (right - left);
}

const isOne = ([from, to]: Columns): boolean => to - from === 1;

/**
 * Marks the tiles of lowest mean, of those from `first` to `end`, until they hold `wanted` weights; of equal ones the later.
 * @param mark is told each tile that leaves
 */
export function takeLowest(tiles: Tiles, [first, end]: Columns, wanted: number, mark: (tile: number) => void): void {
  if (wanted <= 0) return;
  const means = tiles.means.subarray(first, end);
  const single = tiles.bands.every(isOne) && tiles.groups.every(isOne);
  const sizeOf = (i: number): number => (single ? 1 : sizeOfTile(tiles, first + i));
  const heldBelow = (limit: number, atLimit: boolean): number => {
    let held = 0;
    for (let i = 0; i < means.length; i++) if (means[i]! < limit || (atLimit && means[i] === limit)) held += sizeOf(i);
    return held;
  };
  // The lowest score up to which tiles hold enough: of that many tiles at most, and fewer where tiles are larger.
  let [low, high] = [0, Math.min(wanted, means.length) - 1];
  if (single) low = high;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (heldBelow(nthSmallest(means, middle), true) >= wanted) high = middle;
    else low = middle + 1;
  }
  const limit = nthSmallest(means, low);
  let left = wanted - heldBelow(limit, false);
  for (let i = means.length - 1; i >= 0; i--) {
    const tied = means[i] === limit && left > 0;
    if (tied) left -= sizeOf(i);
    if (tied || means[i]! < limit) mark(first + i);
  }
}
