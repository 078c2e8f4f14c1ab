/** Side of the blocks that factorisations go by: what lies within one is done in JavaScript, the rest by {@link Gemm}. */
export const BLOCK = 128;

/** A copy of a rectangle of a row-major matrix with `stride` columns; where memory is given, at its beginning. */
export function copyOf(
  from: Float64Array,
  stride: number,
  [row, rows]: readonly [from: number, to: number],
  [column, columns]: readonly [from: number, to: number],
  memory?: Float64Array,
): Float64Array {
  const width = columns - column;
  const size = (rows - row) * width;
  const copy = memory?.subarray(0, size) ?? new Float64Array(size);
  for (let i = row; i < rows; i++) {
    const at = i * stride;
    copy.set(from.subarray(at + column, at + columns), (i - row) * width);
  }
  return copy;
}

/** The transpose of a row-major matrix `[rows, columns]`. */
export function transposeOf(from: Float64Array, rows: number, columns: number): Float64Array {
  const to = new Float64Array(from.length);
  const step = 32; // tiles that stay in the cache, since one side is always read across rows
  for (let i0 = 0; i0 < rows; i0 += step) {
    for (let j0 = 0; j0 < columns; j0 += step) {
      const [i1, j1] = [Math.min(rows, i0 + step), Math.min(columns, j0 + step)];
      for (let i = i0; i < i1; i++) for (let j = j0; j < j1; j++) to[j * rows + i] = from[i * columns + j]!;
    }
  }
  return to;
}

/** Writes rows of some width into a row-major matrix with `stride` columns. */
export function put(
  to: Float64Array,
  stride: number,
  rows: Float64Array,
  row: number,
  column: number,
  width: number,
): void {
  for (let i = 0; i * width < rows.length; i++)
    to.set(rows.subarray(i * width, (i + 1) * width), (row + i) * stride + column);
}

/** Makes a square matrix symmetric: above its diagonal comes what lies below. */
export function mirror(x: Float64Array, n: number): void {
  const step = 32; // tiles, as above
  for (let i0 = 0; i0 < n; i0 += step) {
    for (let j0 = 0; j0 <= i0; j0 += step) {
      for (let i = i0; i < Math.min(n, i0 + step); i++)
        for (let j = j0; j < Math.min(i, j0 + step); j++) x[j * n + i] = x[i * n + j]!;
    }
  }
}

/** Rows of a stripe: fewer leave out more zeros, in smaller products. */
const STRIPE = 4 * BLOCK;

/** Ranges that a triangle of n rows is multiplied by: of k of them, (k + 1) / 2k of the full product is left. */
export function stripesOf(n: number): (readonly [from: number, to: number])[] {
  return Array.from({ length: Math.ceil(n / STRIPE) }, (_, i) => [i * STRIPE, Math.min(n, (i + 1) * STRIPE)] as const);
}
