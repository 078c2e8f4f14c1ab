import {
  dampedCholesky,
  invertLower,
  scatter,
  sizeOf,
  type DampingOptions,
  type LinearLayer,
  type ScoreContext,
} from "@prune/core";
import { liveWeights, momentsOf } from "./moments.ts";

/** `w²/[H⁻¹]_pp` for every weight of a layer, in the layout of its tensor; w² where there are no second moments. */
export async function weightLosses(
  layer: LinearLayer,
  context: ScoreContext,
  options: DampingOptions,
): Promise<Float32Array> {
  const columns = layer.features * layer.kernel;
  const moments = await momentsOf(layer, context);
  const diagonals: (Float64Array | undefined)[] = [];
  for (const block of moments ?? []) diagonals.push(await inverseDiagonal(block, columns, options));
  const losses = liveWeights(layer, moments).map((w, at) => {
    const diagonal = diagonals[Math.floor(at / columns / layer.rows)];
    return (w * w) / (diagonal?.[at % columns] ?? 1);
  });
  return scatter(layer, losses, new Float32Array(sizeOf(layer.tensor.dims)));
}

/** The diagonal of `H⁻¹ = L⁻ᵀ·L⁻¹`: the sums of squares of the columns of L⁻¹. */
async function inverseDiagonal(
  moments: Float64Array,
  n: number,
  options: DampingOptions,
): Promise<Float64Array | undefined> {
  const factor = await dampedCholesky(moments, n, options);
  if (!factor) return undefined;
  const inverse = await invertLower(factor.lower, n, options.gemm);
  const sums = new Float64Array(n);
  for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) sums[j]! += inverse[i * n + j]! ** 2;
  return sums;
}
