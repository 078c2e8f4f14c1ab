/** One block of a layer, as it makes up for what left. */
export interface Block {
  /** Of the original, `[rows, n]`; become those that make up for what left. */
  readonly weights: Float64Array;
  readonly rows: number;
  /** Mean of `x̂·x̂ᵀ`, `[n, n]`, with x̂ what the layer reads by now. */
  readonly moments: Float64Array;
}

/** One that makes up for what changed before it as well. */
export interface FittedBlock extends Block {
  /** `W₀·E[x·x̂ᵀ]`, `[rows, n]`, with W₀ the original's weights and x what it read there. */
  readonly target: Float64Array;
}

/**
 * The right side `W₀·E[x·x̂ᵀ] + λ·W₀` of the normal equations of `min E|W₀·x − W·x̂|² + λ·|W − W₀|²`: the layer is to
 * yield what it yielded in the original.
 * @param added λ, per column
 * @returns `[rows, n]`
 */
export function wantedOf({ weights, target }: FittedBlock, added: Float64Array): Float64Array {
  const n = added.length;
  return target.map((v, at) => v + weights[at]! * added[at % n]!);
}
