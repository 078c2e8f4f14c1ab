import { dampedCholesky, multiply, solveCholesky, type DampingOptions } from "@prune/core";

/**
 * Takes columns of a layer's matrix away and has those that stay make up for it: with R what leaves and S what stays,
 * `W_S += W_R·H_RS·H_SS⁻¹`. That is where removing the columns one by one ends, in any order, with the step of optimal
 * brain surgeon `W −= W_:j·[H⁻¹]_j: / [H⁻¹]_jj` followed by Gaussian elimination of row and column j from H⁻¹.
 * Source: Hassibi and Stork 1993, "Second order derivatives for network pruning", eq. 5; by columns as in Kurtić,
 * Frantar and Alistarh 2023, "ZipLM", arXiv:2302.04089, eq. 4.
 * @param weights `[rows, n]`; changed in place. @param moments `[n, n]`. @param gone 1 for columns that leave
 * @returns what was added to the diagonal, as a fraction of its mean; undefined where nothing could be done
 */
export async function eliminate(
  weights: Float64Array,
  rows: number,
  moments: Float64Array,
  gone: Uint8Array,
  options: DampingOptions,
): Promise<number | undefined> {
  const n = gone.length;
  const [left, stays] = [1, 0].map((state) => Array.from(gone.keys()).filter((c) => gone[c] === state)) as [number[], number[]]; // prettier-ignore
  const pick = (from: Float64Array, height: ArrayLike<number>, across: readonly number[]): Float64Array => {
    const part = new Float64Array(height.length * across.length);
    for (let i = 0; i < height.length; i++)
      for (const [j, c] of across.entries()) part[i * across.length + j] = from[height[i]! * n + c]!;
    return part;
  };
  const all = Array.from({ length: rows }, (_, r) => r);
  const { gemm = multiply } = options;
  const factor = await dampedCholesky(pick(moments, stays, stays), stays.length, options);
  if (factor) {
    const lost = await gemm(pick(weights, all, left), pick(moments, stays, left), rows, left.length, stays.length);
    const added = await solveCholesky(factor.lower, stays.length, lost, rows, gemm);
    for (let r = 0; r < rows; r++)
      for (const [j, c] of stays.entries()) weights[r * n + c]! += added[r * stays.length + j]!;
  }
  for (let r = 0; r < rows; r++) for (const c of left) weights[r * n + c] = 0;
  return factor?.damping;
}
