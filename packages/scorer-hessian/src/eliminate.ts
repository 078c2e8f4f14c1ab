import { dampedCholesky, dampedDiagonal, multiply, solveCholesky, type DampingOptions } from "@prune/core";
import { pullTo, type FittedBlock } from "./wanted.ts";

/**
 * Takes columns of a layer's matrix away and has those that stay make up for it: with S what stays, C = E[x·x̂ᵀ] and λ the
 * damping, `W_S ← (W·C_:S + λ·W_S)·(H_SS + λ·I)⁻¹`. Where C = H and λ = 0, and R is what leaves, that is
 * `W_S += W_R·H_RS·H_SS⁻¹`: where removing the columns one by one ends, in any order, with the step of optimal brain
 * surgeon `W −= W_:j·[H⁻¹]_j: / [H⁻¹]_jj` followed by Gaussian elimination of row and column j from H⁻¹.
 * Source: Hassibi and Stork 1993, "Second order derivatives for network pruning", eq. 5; by columns as in Kurtić,
 * Frantar and Alistarh 2023, "ZipLM", arXiv:2302.04089, eq. 4.
 * @param block its weights are changed in place, and so is its target
 * @param gone 1 for columns that leave
 * @returns what was added to the diagonal, as a fraction of its mean; undefined where nothing could be done
 */
export async function eliminate(
  block: FittedBlock,
  gone: Uint8Array,
  options: DampingOptions,
): Promise<number | undefined> {
  const { weights, rows, moments } = block;
  const n = gone.length;
  const stays = Array.from(gone.keys()).filter((c) => !gone[c]);
  const width = stays.length;
  const part = (from: Float64Array, lines: ArrayLike<number>): Float64Array => {
    const picked = new Float64Array(lines.length * width);
    for (let i = 0; i < lines.length; i++)
      for (const [j, c] of stays.entries()) picked[i * width + j] = from[lines[i]! * n + c]!;
    return picked;
  };
  const { gemm = multiply } = options;
  const own = part(moments, stays);
  const factor = await dampedCholesky(own, width, options);
  if (factor) {
    const damped = dampedDiagonal(own, width, factor.damping);
    const added = new Float64Array(n);
    for (const [j, c] of stays.entries()) added[c] = damped[j]! - own[j * width + j]!;
    const wanted = pullTo(weights, block.target, added);
    const solved = await solveCholesky(factor.lower, width, part(wanted, Array.from({ length: rows }, (_, r) => r)), rows, gemm); // prettier-ignore
    for (let r = 0; r < rows; r++) for (const [j, c] of stays.entries()) weights[r * n + c] = solved[r * width + j]!;
  }
  for (let at = 0; at < weights.length; at++) if (gone[at % n]) weights[at] = 0;
  return factor?.damping;
}
