import type { Gemm } from "@prune/core";

/** One block of a layer, as it makes up for what left. */
export interface Block {
  /** Of the original, `[rows, n]`. */
  readonly weights: Float64Array;
  readonly rows: number;
  /** Mean of `x̂·x̂ᵀ`, `[n, n]`, with x̂ what the layer reads by now. */
  readonly moments: Float64Array;
  /** Mean of `x̂·xᵀ`, with x what it read in the original; `moments` where nothing before it has changed. */
  readonly cross: Float64Array;
}

/**
 * The right side `W₀·E[x·x̂ᵀ] + λ·W₀` of the normal equations of `min E|W₀·x − W·x̂|² + λ·|W − W₀|²`: the layer is to
 * yield what it yielded in the original.
 * @param added λ, per column
 * @returns `[rows, n]`
 */
export async function wantedOf(
  { weights, rows, cross }: Block,
  added: Float64Array,
  gemm: Gemm,
): Promise<Float64Array> {
  const n = added.length;
  const wanted = Float64Array.from(await gemm(weights, cross, rows, n, n));
  for (let at = 0; at < wanted.length; at++) wanted[at]! += weights[at]! * added[at % n]!;
  return wanted;
}
