import { cholesky } from "./cholesky.ts";
import { multiply, type Gemm } from "./gemm.ts";

export interface DampingOptions {
  /** What is added to the diagonal, as a fraction of its mean. Default 0.01. */
  readonly damping?: number;
  readonly gemm?: Gemm | undefined;
  /** Whether rows and columns are taken in reverse order. Default false. */
  readonly reversed?: boolean | undefined;
}

/** A matrix of second moments that was made positive definite, and its factor. */
export interface DampedFactor {
  /** Lower triangular, row-major `[n, n]`. */
  readonly lower: Float64Array<ArrayBuffer>;
  /** What was added to the diagonal in the end, as a fraction of its mean. */
  readonly damping: number;
}

/** Puts other numbers on the diagonal of a square matrix. @returns what was there before */
export function replaceDiagonal(a: Float64Array, diagonal: Float64Array): Float64Array {
  const n = diagonal.length;
  return diagonal.map((d, i) => {
    const before = a[i * n + i]!;
    a[i * n + i] = d;
    return before;
  });
}

/** The diagonal of `A + λ·mean(diag A)·I`, with 1 where A has 0. @param share λ */
export function dampedDiagonal(a: Float64Array, n: number, share: number): Float64Array {
  const added = share * meanDiagonal(a, n);
  return Float64Array.from({ length: n }, (_, i) => (a[i * n + i]! || 1) + added);
}

function meanDiagonal(a: Float64Array, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += a[i * n + i]!;
  return sum / Math.max(1, n);
}

const FIRST_RAISE = 1e-6;
const TRIES = 16;

/**
 * The Cholesky factor of `A + λ·mean(diag A)·I`. A column of zeros (an input that is never active) gets 1 on the
 * diagonal. Where a pivot is not positive, λ grows tenfold and it begins anew, so that a singular matrix never fails.
 * @returns undefined only for a matrix that is not finite
 */
export async function dampedCholesky(
  a: Float64Array,
  n: number,
  { damping = 0.01, gemm = multiply, reversed }: DampingOptions = {},
): Promise<DampedFactor | undefined> {
  if (!Number.isFinite(meanDiagonal(a, n))) return undefined;
  for (let attempt = 0, share = damping; attempt < TRIES; attempt++, share = Math.max(FIRST_RAISE, share * 10)) {
    const lower = await cholesky(a, n, gemm, { diagonal: dampedDiagonal(a, n, share), reversed });
    if (lower) return { lower, damping: share };
  }
  return undefined;
}
