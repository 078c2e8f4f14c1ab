import { dot, type Gemm } from "@prune/core";

/** Some columns of a matrix `[rows, n]`, which may be the beginning of a longer array. */
export function columnsOf(from: Float64Array, n: number, rows: number, list: Int32Array): Float64Array {
  const to = new Float64Array(rows * list.length);
  const width = list.length;
  for (let r = 0; r < rows; r++) for (let j = 0; j < width; j++) to[r * width + j] = from[r * n + list[j]!]!;
  return to;
}

/** Some rows and, ascending, the same columns of a symmetric matrix of which only the lower triangle is known; likewise. */
export function squareOf(from: Float64Array, n: number, list: Int32Array): Float64Array {
  const width = list.length;
  const to = new Float64Array(width * width);
  for (let i = 0; i < width; i++) for (let j = 0; j <= i; j++) to[i * width + j] = from[list[i]! * n + list[j]!]!;
  return to;
}

/** Some rows, and some other columns, of a symmetric matrix of which only the lower triangle is known. */
export function betweenOf(from: Float64Array, n: number, rows: Int32Array, columns: Int32Array): Float64Array {
  const to = new Float64Array(rows.length * columns.length);
  for (let i = 0, at = 0; i < rows.length; i++) {
    const r = rows[i]!;
    for (let j = 0; j < columns.length; j++) {
      const c = columns[j]!;
      to[at++] = from[r > c ? r * n + c : c * n + r]!;
    }
  }
  return to;
}

/** Moves some rows and columns of a matrix, both ascending, to its beginning, in its memory. */
export function compact(matrix: Float64Array, n: number, rows: Int32Array, columns: Int32Array): void {
  const width = columns.length;
  for (let i = 0, at = 0; i < rows.length; i++) {
    const row = rows[i]! * n;
    for (let j = 0; j < width; j++) matrix[at++] = matrix[row + columns[j]!]!;
  }
}

/** Rows that are multiplied at a time. */
const STRIPE = 512;
/** So few terms are added up in place: a product's way through memory would cost more. */
const FEW = 16;

/**
 * `C −= A·Bᵀ` with `A: [m, k]`, `B: [n, k]` and `C: [m, n]`, which may be the beginning of a longer array; with `lower`,
 * of a square C what lies on the diagonal and below it, and some of the rest.
 */
export async function subtractProduct(
  c: Float64Array,
  a: Float64Array,
  b: Float64Array,
  [m, k, n]: readonly [m: number, k: number, n: number],
  { gemm, lower = false }: { readonly gemm: Gemm; readonly lower?: boolean },
): Promise<void> {
  if (k <= FEW) {
    for (let i = 0; i < m; i++)
      for (let j = 0, end = lower ? i + 1 : n; j < end; j++) c[i * n + j]! -= dot(a, i * k, b, j * k, k);
    return;
  }
  for (let from = 0; from < m; from += STRIPE) {
    const to = Math.min(m, from + STRIPE);
    const width = lower ? to : n;
    const product = await gemm(a.subarray(from * k, to * k), b.subarray(0, width * k), to - from, k, width);
    for (let i = from, at = 0; i < to; i++) for (let j = 0; j < width; j++) c[i * n + j]! -= product[at++]!;
  }
}
