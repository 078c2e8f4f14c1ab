import type { LinearLayer, MaskRule } from "@prune/core";
import type { Pattern } from "./pattern.ts";
import { takeLowest, tilesOf } from "./tiles.ts";

/** Whose weights compete with each other: those of a row (an output feature), or of the whole layer. */
export type Over = "row" | "layer";

type Shape = Pick<LinearLayer, "blocks" | "rows" | "features" | "kernel">;

/** The rule by which a layer of some shape loses `removed` of its weights. */
export function ruleFor(layer: Shape, pattern: Pattern, removed: number, over: Over): MaskRule {
  return pattern.kind === "n-of-m" ? largestOf(pattern.n, pattern.m) : lowestTiles(layer, pattern, removed, over);
}

/** In every row the `n` largest of `m` neighbours stay; of equal ones the first. */
function largestOf(n: number, m: number): MaskRule {
  return {
    columns: m,
    apart: true,
    choose: ({ scores, columns: [from, to] }) => {
      const width = to - from;
      const stays = new Uint8Array(scores.length);
      for (let start = 0; start < scores.length; start += width) {
        for (let i = 0; i < width; i++) {
          let larger = 0;
          for (let j = 0; j < width; j++) {
            const [own, other] = [scores[start + i]!, scores[start + j]!];
            if (other > own || (other === own && j < i)) larger++;
          }
          if (larger < n) stays[start + i] = 1;
        }
      }
      return stays;
    },
  };
}

/**
 * The tiles of lowest mean score leave until enough weights have. However the columns are cut into ranges, of each range
 * leaves its share, and in the end what was asked for, or less than a tile more.
 */
function lowestTiles(
  layer: Shape,
  size: { readonly rows: number; readonly columns: number },
  removed: number,
  over: Over,
): MaskRule {
  const height = layer.blocks * layer.rows;
  const sparsity = removed / (height * layer.features * layer.kernel);
  const goneBy = (rows: number, column: number): number => Math.ceil(sparsity * rows * column - 1e-6);
  return {
    columns: size.columns,
    apart: false,
    choose: ({ scores, columns: [from, to] }) => {
      const tiles = tilesOf(layer, scores, [from, to], size);
      const { bands, groups } = tiles;
      const stays = new Uint8Array(scores.length).fill(1);
      const width = to - from;
      const drop = (tile: number): void => {
        const [top, bottom] = bands[Math.floor(tile / groups.length)]!;
        const [left, right] = groups[tile % groups.length]!;
        for (let r = top; r < bottom; r++) stays.fill(0, r * width + left - from, r * width + right - from);
      };
      const take = (rows: number, first: number, end: number): void =>
        takeLowest(tiles, [first, end], goneBy(rows, to) - goneBy(rows, from), drop);
      if (over === "layer") take(height, 0, tiles.means.length);
      else
        for (const [i, [top, bottom]] of bands.entries())
          take(bottom - top, i * groups.length, (i + 1) * groups.length);
      return stays;
    },
  };
}
