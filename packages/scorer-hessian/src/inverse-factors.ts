import { dampedCholesky, inverseFactor, type DampingOptions, type LinearLayer } from "@prune/core";

/** Per block the upper triangular U with `H⁻¹ = Uᵀ·U`, and the largest damping that was needed. */
export interface InverseFactors {
  readonly factors: readonly Float64Array[];
  readonly damping: number;
}

/** Factors of a layer's inverse Hessian; undefined where no damping makes one of its blocks positive definite. */
export async function inverseFactorsOf(
  layer: LinearLayer,
  moments: readonly Float64Array[],
  options: DampingOptions,
): Promise<InverseFactors | undefined> {
  const columns = layer.features * layer.kernel;
  const factors: Float64Array[] = [];
  let damping = 0;
  for (const block of moments) {
    const factor = await dampedCholesky(block, columns, { ...options, reversed: true });
    if (!factor) return undefined;
    factors.push(await inverseFactor(factor.lower, columns, options.gemm));
    damping = Math.max(damping, factor.damping);
  }
  return { factors, damping };
}
