/**
 * `C = A·Bᵀ` in double precision, all row-major: `A: [m, k]`, `B: [n, k]`, `C: [m, n]`. The one kernel that the large
 * steps of this folder are made of, so that a runtime can carry them.
 */
export type Gemm = (
  a: Float64Array,
  b: Float64Array,
  m: number,
  k: number,
  n: number,
) => Float64Array | Promise<Float64Array>;

/** {@link Gemm} in plain JavaScript: four rows by four, held in registers. */
export function multiply(a: Float64Array, b: Float64Array, m: number, k: number, n: number): Float64Array {
  const c = new Float64Array(m * n);
  const [m4, n4] = [m - (m % 4), n - (n % 4)];
  for (let i = 0; i < m4; i += 4) {
    for (let j = 0; j < n4; j += 4) tile(a, b, c, i, j, k, n);
    for (let j = n4; j < n; j++) for (let r = i; r < i + 4; r++) c[r * n + j] = dot(a, r * k, b, j * k, k);
  }
  for (let i = m4; i < m; i++) for (let j = 0; j < n; j++) c[i * n + j] = dot(a, i * k, b, j * k, k);
  return c;
}

function tile(a: Float64Array, b: Float64Array, c: Float64Array, i: number, j: number, k: number, n: number): void {
  let [p, q, r, s] = [i * k, (i + 1) * k, (i + 2) * k, (i + 3) * k];
  let [t, u, v, w] = [j * k, (j + 1) * k, (j + 2) * k, (j + 3) * k];
  let [c00, c01, c02, c03, c10, c11, c12, c13] = [0, 0, 0, 0, 0, 0, 0, 0];
  let [c20, c21, c22, c23, c30, c31, c32, c33] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (const end = p + k; p < end; p++, q++, r++, s++, t++, u++, v++, w++) {
    const [a0, a1, a2, a3] = [a[p]!, a[q]!, a[r]!, a[s]!];
    const [b0, b1, b2, b3] = [b[t]!, b[u]!, b[v]!, b[w]!];
    c00 += a0 * b0;
    c01 += a0 * b1;
    c02 += a0 * b2;
    c03 += a0 * b3;
    c10 += a1 * b0;
    c11 += a1 * b1;
    c12 += a1 * b2;
    c13 += a1 * b3;
    c20 += a2 * b0;
    c21 += a2 * b1;
    c22 += a2 * b2;
    c23 += a2 * b3;
    c30 += a3 * b0;
    c31 += a3 * b1;
    c32 += a3 * b2;
    c33 += a3 * b3;
  }
  c.set([c00, c01, c02, c03], i * n + j);
  c.set([c10, c11, c12, c13], (i + 1) * n + j);
  c.set([c20, c21, c22, c23], (i + 2) * n + j);
  c.set([c30, c31, c32, c33], (i + 3) * n + j);
}

/** Scalar product of `length` elements of two arrays, from a position each. */
export function dot(a: Float64Array, from: number, b: Float64Array, other: number, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += a[from + i]! * b[other + i]!;
  return sum;
}
