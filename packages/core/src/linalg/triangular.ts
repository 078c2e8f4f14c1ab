import { BLOCK, copyOf, put, stripesOf, transposeOf } from "./blocks.ts";
import { multiply, type Gemm } from "./gemm.ts";

/** The inverse of a small lower triangular matrix `[n, n]`, row by row. */
export function invertSmall(l: Float64Array, n: number): Float64Array<ArrayBuffer> {
  const x = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const scale = 1 / l[i * n + i]!;
    for (let k = 0; k < i; k++) {
      const factor = -scale * l[i * n + k]!;
      if (factor !== 0) for (let j = 0; j <= k; j++) x[i * n + j]! += factor * x[k * n + j]!;
    }
    x[i * n + i] = scale;
  }
  return x;
}

/**
 * The inverse of a lower triangular matrix, row-major `[n, n]`, which takes its place in memory. By halves:
 * `[L₁ 0; B L₂]⁻¹ = [L₁⁻¹ 0; −L₂⁻¹·B·L₁⁻¹ L₂⁻¹]`; products with a triangle go by stripes, which leave most of its zeros out.
 */
export async function invertLower<T extends Float64Array>(l: T, n: number, gemm: Gemm = multiply): Promise<T> {
  await invertWithin(l, n, [0, n], gemm);
  return l;
}

/** Inverts the triangle that lies between some indices of a matrix, where it lies. */
async function invertWithin(
  x: Float64Array,
  stride: number,
  [from, to]: readonly [number, number],
  gemm: Gemm,
): Promise<void> {
  const n = to - from;
  if (n <= BLOCK) return put(x, stride, invertSmall(copyOf(x, stride, [from, to], [from, to]), n), from, from, n);
  const half = BLOCK * Math.ceil(n / BLOCK / 2);
  const middle = from + half;
  const rest = n - half;
  await invertWithin(x, stride, [from, middle], gemm);
  await invertWithin(x, stride, [middle, to], gemm);
  // (B·L₁⁻¹)ᵀ = L₁⁻ᵀ·Bᵀ, so that the second product needs no transpose.
  const right = new Float64Array(half * rest);
  const memory = new Float64Array(half * rest);
  for (const [a, b] of stripesOf(half)) {
    const known = half - a;
    const upper = transposeOf(copyOf(x, stride, [from + a, middle], [from + a, from + b]), known, b - a);
    const below = copyOf(x, stride, [middle, to], [from + a, middle], memory);
    right.set(await gemm(upper, below, b - a, known, rest), a * rest);
  }
  for (const [a, b] of stripesOf(rest)) {
    const lower = copyOf(x, stride, [middle + a, middle + b], [middle, middle + b]);
    for (let i = 0; i < lower.length; i++) lower[i] = -lower[i]!;
    const corner = await gemm(lower, copyOf(right, rest, [0, half], [0, b], memory), b - a, b, half);
    put(x, stride, corner, middle + a, from, half);
  }
}

/**
 * Solves `X·L·Lᵀ = B` for X: `[rows, n]`, given the Cholesky factor L of a symmetric matrix; every row of B is a right
 * side of its own. Blocked; with many rows nearly all the work is in `gemm`.
 */
export async function solveCholesky(
  l: Float64Array,
  n: number,
  b: Float64Array,
  rows: number,
  gemm: Gemm = multiply,
): Promise<Float64Array<ArrayBuffer>> {
  const x = b.slice();
  const memory = new Float64Array(rows * n);
  const starts = Array.from({ length: Math.ceil(n / BLOCK) }, (_, i) => i * BLOCK);
  const inverses = starts.map((from) => {
    const to = Math.min(n, from + BLOCK);
    return invertSmall(copyOf(l, n, [from, to], [from, to]), to - from);
  });
  /** Takes what is known off a block of columns, and multiplies it by the inverse of its diagonal block. */
  const step = async (
    [from, to]: readonly [number, number],
    known: readonly [number, number],
    block: Float64Array,
    inverse: Float64Array,
  ): Promise<void> => {
    const width = to - from;
    const own = copyOf(x, n, [0, rows], [from, to]);
    const length = known[1] - known[0];
    if (length > 0) {
      const product = await gemm(copyOf(x, n, [0, rows], known, memory), block, rows, length, width);
      for (let i = 0; i < own.length; i++) own[i]! -= product[i]!;
    }
    const solved = await gemm(own, inverse, rows, width, width);
    for (let i = 0; i < rows; i++) x.set(solved.subarray(i * width, (i + 1) * width), i * n + from);
  };
  // Z·Lᵀ = B from the left, then X·L = Z from the right.
  for (const [i, from] of starts.entries()) {
    const to = Math.min(n, from + BLOCK);
    await step([from, to], [0, from], copyOf(l, n, [from, to], [0, from]), inverses[i]!);
  }
  for (const [i, from] of [...starts.entries()].toReversed()) {
    const to = Math.min(n, from + BLOCK);
    const below = transposeOf(copyOf(l, n, [to, n], [from, to]), n - to, to - from);
    await step([from, to], [to, n], below, transposeOf(inverses[i]!, to - from, to - from));
  }
  return x;
}
