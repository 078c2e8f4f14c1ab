import { errorBadOption } from "@prune/core";

/**
 * What a mask looks like: `n` of every `m` neighbours along the input axis stay; or tiles of `rows` output features and
 * `columns` neighbours along the input axis stay or leave whole, of one weight each where it is unstructured.
 */
export type Pattern =
  | { readonly kind: "n-of-m"; readonly n: number; readonly m: number }
  | { readonly kind: "tiles"; readonly rows: number; readonly columns: number };

/**
 * Reads "unstructured", "2:4" (N of every M stay) or "4x1" (tiles of 4 output by 1 input features).
 * @throws {PruneError} `bad-option`
 */
export function parsePattern(text: string): Pattern {
  if (text === "unstructured") return { kind: "tiles", rows: 1, columns: 1 };
  const [, first, sign, second] = /^(\d+)([:x])(\d+)$/.exec(text) ?? [];
  const [a, b] = [Number(first), Number(second)];
  if (sign === ":" && a >= 1 && a < b) return { kind: "n-of-m", n: a, m: b };
  if (sign === "x" && a >= 1 && b >= 1) return { kind: "tiles", rows: a, columns: b };
  throw errorBadOption("pattern", "unstructured, N:M with N below M such as 2:4, or RxC such as 4x1", text);
}

/** Fraction of weights that leave by the pattern itself; undefined where that is free. */
export const sparsityOf = (pattern: Pattern): number | undefined =>
  pattern.kind === "n-of-m" ? 1 - pattern.n / pattern.m : undefined;
