import { cholesky } from "./cholesky.ts";
import { multiply, type Gemm } from "./gemm.ts";

export interface DampingOptions {
  /** What is added to the diagonal, as a fraction of its mean. Default 0.01. */
  readonly damping?: number;
  readonly gemm?: Gemm | undefined;
}

/** A matrix of second moments that was made positive definite, and its factor. */
export interface DampedFactor {
  /** Lower triangular, row-major `[n, n]`. */
  readonly lower: Float64Array<ArrayBuffer>;
  /** What was added to the diagonal in the end, as a fraction of its mean. */
  readonly damping: number;
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
  { damping = 0.01, gemm = multiply }: DampingOptions = {},
): Promise<DampedFactor | undefined> {
  const diagonal = Float64Array.from({ length: n }, (_, i) => a[i * n + i]!);
  const mean = diagonal.reduce((sum, x) => sum + x, 0) / Math.max(1, n);
  if (!Number.isFinite(mean)) return undefined;
  const damped = Float64Array.from(a);
  for (let attempt = 0, share = damping; attempt < TRIES; attempt++, share = Math.max(FIRST_RAISE, share * 10)) {
    for (let i = 0; i < n; i++) damped[i * n + i] = (diagonal[i] || 1) + share * mean;
    const lower = await cholesky(damped, n, gemm);
    if (lower) return { lower, damping: share };
  }
  return undefined;
}
