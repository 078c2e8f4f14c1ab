import { transposeOf } from "./blocks.ts";
import { multiply, type Gemm } from "./gemm.ts";
import { invertInPlace, invertLower } from "./triangular.ts";

/** The inverse `L⁻ᵀ·L⁻¹` of a symmetric matrix with Cholesky factor L, row-major `[n, n]`. */
export async function inverseOf(l: Float64Array, n: number, gemm: Gemm = multiply): Promise<Float64Array> {
  const across = transposeOf(await invertLower(l, n, gemm), n, n);
  return gemm(across, across, n, n, n);
}

/**
 * The upper triangular U with `A⁻¹ = Uᵀ·U`, given `reversed`, the Cholesky factor of A with its rows and columns in
 * reverse order, see `CholeskyOptions`. With J the reversal, `J·A·J = L·Lᵀ` gives `A = V·Vᵀ` with `V = J·L·J` upper triangular, so that
 * `U = V⁻¹ = J·L⁻¹·J`: one factorisation, and no inverse that is factored again. U takes the place of L in memory.
 */
export async function inverseFactor(
  reversed: Float64Array<ArrayBuffer>,
  n: number,
  gemm: Gemm = multiply,
): Promise<Float64Array<ArrayBuffer>> {
  await invertInPlace(reversed, n, gemm);
  return reversed.reverse();
}
