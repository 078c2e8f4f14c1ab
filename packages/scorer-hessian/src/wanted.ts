/** One block of a layer, as it makes up for what left. */
export interface Block {
  /** Of the original, `[rows, n]`; become those that make up for what left. */
  readonly weights: Float64Array;
  readonly rows: number;
  /** Mean of `x̂·x̂ᵀ`, `[n, n]`, with x̂ what the layer reads by now; nobody else's memory. */
  readonly moments: Float64Array;
}

/** One that makes up for what changed before it as well. */
export interface FittedBlock extends Block {
  /** `W₀·E[x·x̂ᵀ]`, `[rows, n]`, with W₀ the original's weights and x what it read there; nobody else's memory. */
  readonly target: Float64Array;
}

/**
 * Adds `λ·W₀`, in place, to the target `W₀·E[x·x̂ᵀ]`: the right side of the normal equations of
 * `min E|W₀·x − W·x̂|² + λ·|W − W₀|²`, in which the layer is to yield what it yielded in the original.
 * @param weights W₀, `[rows, n]`
 * @param added λ, per column
 */
export function pullTo(weights: Float64Array, target: Float64Array, added: Float64Array): Float64Array {
  const n = added.length;
  for (let row = 0; row < target.length; row += n)
    for (let c = 0; c < n; c++) target[row + c]! += added[c]! * weights[row + c]!;
  return target;
}
