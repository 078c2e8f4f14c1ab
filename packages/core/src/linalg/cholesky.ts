import { BLOCK, copyOf } from "./blocks.ts";
import { dot, multiply, type Gemm } from "./gemm.ts";
import { invertSmall } from "./triangular.ts";

/** What is factored. */
export interface CholeskyOptions {
  /** What stands on the diagonal in place of the matrix' own. */
  readonly diagonal?: Float64Array;
  /** What rows and columns are multiplied by as they are read; the diagonal that is given is not. Default 1. */
  readonly scale?: Float64Array | undefined;
  /** `[n, n]` numbers whose memory L takes. Default: its own. */
  readonly into?: Float64Array<ArrayBuffer> | undefined;
  /** Whether rows and columns are taken in reverse order; the upper triangle is read then. Default false. */
  readonly reversed?: boolean | undefined;
}

/**
 * The lower triangular L with `A = L·Lᵀ`, row-major `[n, n]` with zeros above the diagonal; only the lower triangle of A
 * is read. Undefined when A is not positive definite to double precision, or not finite. Left-looking and blocked:
 * n³/3 multiply-accumulates, nearly all of them in `gemm`.
 */
export async function cholesky(
  a: Float64Array,
  n: number,
  gemm: Gemm = multiply,
  options: CholeskyOptions = {},
): Promise<Float64Array<ArrayBuffer> | undefined> {
  const l = options.into?.fill(0) ?? new Float64Array(n * n);
  readLower(a, n, l, options);
  // The left of a block never has more: pages of new memory cost more than what is copied into them.
  const memory = new Float64Array(Math.ceil(n ** 2 / 4));
  for (let from = 0; from < n; from += BLOCK) {
    const to = Math.min(n, from + BLOCK);
    if (from > 0) {
      const left = copyOf(l, n, [from, n], [0, from], memory);
      const product = await gemm(left, left.subarray(0, (to - from) * from), n - from, from, to - from);
      subtractLower(l, n, from, to, product);
    }
    if (!factorDiagonal(l, n, from, to)) return undefined;
    if (to === n) break;
    const inverse = invertSmall(copyOf(l, n, [from, to], [from, to]), to - from);
    const below = copyOf(l, n, [to, n], [from, to], memory);
    const solved = await gemm(below, inverse, n - to, to - from, to - from);
    for (let i = to; i < n; i++)
      l.set(solved.subarray((i - to) * (to - from), (i - to + 1) * (to - from)), i * n + from);
  }
  return l;
}

/** Copies what is factored to where L will be. */
function readLower(a: Float64Array, n: number, l: Float64Array, { diagonal, scale, reversed }: CholeskyOptions): void {
  for (let i = 0; i < n; i++) {
    const row = l.subarray(i * n, i * n + i + 1);
    const source = reversed ? n - 1 - i : i;
    row.set(reversed ? a.subarray(source * n + source, (source + 1) * n) : a.subarray(i * n, i * n + i + 1));
    if (reversed) row.reverse();
    if (scale) for (let j = 0; j <= i; j++) row[j]! *= scale[source]! * scale[reversed ? n - 1 - j : j]!;
    if (diagonal) row[i] = diagonal[source]!;
  }
}

/** Takes a product off columns `from` to `to` of the rows from `from` on, at and below the diagonal. */
function subtractLower(l: Float64Array, n: number, from: number, to: number, product: Float64Array): void {
  const width = to - from;
  for (let i = from; i < n; i++) {
    const end = Math.min(to, i + 1);
    for (let j = from; j < end; j++) l[i * n + j]! -= product[(i - from) * width + j - from]!;
  }
}

/** Factors a block on the diagonal where it lies. @returns whether every pivot was positive */
function factorDiagonal(l: Float64Array, n: number, from: number, to: number): boolean {
  for (let j = from; j < to; j++) {
    const own = j * n + from;
    const pivot = l[j * n + j]! - dot(l, own, l, own, j - from);
    if (!(pivot > 0 && pivot < Infinity)) return false;
    const root = Math.sqrt(pivot);
    l[j * n + j] = root;
    for (let i = j + 1; i < to; i++) l[i * n + j] = (l[i * n + j]! - dot(l, i * n + from, l, own, j - from)) / root;
  }
  return true;
}
