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
