import { copyOf, mirror, put, stripesOf } from "./blocks.ts";
import { multiply, type Gemm } from "./gemm.ts";
import { invertLower } from "./triangular.ts";

/**
 * The inverse `L⁻ᵀ·L⁻¹` of a symmetric matrix with Cholesky factor L, row-major `[n, n]`, which takes the place of L in
 * memory: below the diagonal, stripe by stripe. A row of the product needs no more of `L⁻ᵀ`, which is upper triangular,
 * than what lies right of that row's place on the diagonal.
 */
export async function inverseOf<T extends Float64Array>(l: T, n: number, gemm: Gemm = multiply): Promise<T> {
  await invertLower(l, n, gemm);
  mirror(l, n);
  const stripes = stripesOf(n);
  const memory = new Float64Array(Math.max(0, ...stripes.map(([from, to]) => to * (n - from))));
  for (const [from, to] of stripes) {
    for (let i = from; i < to; i++) l.fill(0, i * n + from, i * n + i);
    const above = copyOf(l, n, [0, to], [from, n], memory);
    const own = above.subarray(from * (n - from));
    put(l, n, await gemm(own, above, to - from, n - from, to), from, 0, to);
  }
  mirror(l, n);
  return l;
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
  return (await invertLower(reversed, n, gemm)).reverse();
}
