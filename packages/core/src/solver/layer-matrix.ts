import type { LinearLayer } from "./linear-layers.ts";

/**
 * A layer's weights, or something per weight, as one matrix: `[blocks · rows, features · kernel]`, row-major. Columns go
 * kernel position by kernel position (`position · features + feature`), other than those of second moments, so that
 * neighbours are neighbours along the input axis.
 * @param values in the layout of `layer.tensor`
 */
export function matrixOf(layer: LinearLayer, values: ArrayLike<number>): Float64Array<ArrayBuffer> {
  return gather(layer, values, new Float64Array(layer.blocks * layer.rows * layer.features * layer.kernel));
}

/** {@link matrixOf} in memory of the caller's. */
export function gather<T extends Float32Array | Float64Array | Uint8Array>(
  layer: LinearLayer,
  values: ArrayLike<number>,
  matrix: T,
): T {
  eachWeight(layer, (at, index) => {
    matrix[at] = values[index]!;
  });
  return matrix;
}

/** Puts a matrix back where its elements belong in the tensor. */
export function scatter<T extends Float32Array | Float64Array | Uint8Array>(
  layer: LinearLayer,
  matrix: ArrayLike<number>,
  into: T,
): T {
  eachWeight(layer, (at, index) => {
    into[index] = matrix[at]!;
  });
  return into;
}

/** Calls back for every weight, with its place in the matrix and in the tensor. */
function eachWeight(
  { blocks, rows, features, kernel, at }: LinearLayer,
  visit: (matrix: number, index: number) => void,
): void {
  let place = 0;
  for (let block = 0; block < blocks; block++) {
    for (let row = 0; row < rows; row++) {
      for (let position = 0; position < kernel; position++) {
        for (let feature = 0; feature < features; feature++) visit(place++, at(block, row, feature, position));
      }
    }
  }
}

/**
 * The same with columns as those of second moments, feature by feature (`feature · kernel + position`): what is multiplied
 * with the layer's unfolded input.
 */
export function unfoldedMatrixOf(layer: LinearLayer, values: ArrayLike<number>): Float32Array {
  const { blocks, rows, features, kernel, at } = layer;
  const matrix = new Float32Array(blocks * rows * features * kernel);
  let place = 0;
  for (let b = 0; b < blocks; b++)
    for (let r = 0; r < rows; r++)
      for (let f = 0; f < features; f++) for (let p = 0; p < kernel; p++) matrix[place++] = values[at(b, r, f, p)]!;
  return matrix;
}

/** A block's second moments with rows and columns in the order of {@link matrixOf}; themselves where they are in it. */
export function momentsInOrder(layer: LinearLayer, moments: Float64Array): Float64Array {
  return inOrder(layer, moments, (from, columns) => from.map((row) => row * columns));
}

/** Rows `[rows, columns]`, whose columns are those of second moments, in the order of {@link matrixOf}. */
export function columnsInOrder(layer: LinearLayer, matrix: Float64Array): Float64Array {
  const { features, kernel } = layer;
  const rows = matrix.length / (features * kernel);
  return inOrder(layer, matrix, (_, columns) => Int32Array.from({ length: rows }, (_, r) => r * columns));
}

/** @param startsOf where the rows of the outcome begin in `matrix` */
function inOrder(
  { features, kernel }: LinearLayer,
  matrix: Float64Array,
  startsOf: (from: Int32Array, columns: number) => Int32Array,
): Float64Array {
  if (kernel === 1 || features === 1) return matrix;
  const columns = features * kernel;
  const from = Int32Array.from({ length: columns }, (_, c) => (c % features) * kernel + Math.floor(c / features));
  const starts = startsOf(from, columns);
  const ordered = new Float64Array(matrix.length);
  for (let i = 0; i < starts.length; i++)
    for (let j = 0; j < columns; j++) ordered[i * columns + j] = matrix[starts[i]! + from[j]!]!;
  return ordered;
}
