import { sizeOf, toFloat32, type Tensor } from "./graph/tensor.ts";

/** How `sumAlong` weighs an element: |w| or w². */
export type Norm = "abs" | "square";

/**
 * For every index of an axis, the sum of |w| or w² over all other axes.
 * @param data the tensor's elements, for callers that sum the same tensor along several axes
 * @returns as many sums as the axis has indices, accumulated in double precision
 */
export function sumAlong(
  tensor: Tensor,
  axis: number,
  norm: Norm,
  data: Float32Array = toFloat32(tensor),
): Float64Array {
  const size = tensor.dims[axis]!;
  const inner = sizeOf(tensor.dims.slice(axis + 1));
  const sums = new Float64Array(size);
  if (data.length > 0) (inner === 1 ? addColumns : addRuns)(data, sums, inner, norm === "square");
  return sums;
}

/** Adds up the innermost axis: elements side by side belong to different sums. */
function addColumns(data: Float32Array, sums: Float64Array, _inner: number, square: boolean): void {
  for (let at = 0; at < data.length; at += sums.length) {
    for (let i = 0; i < sums.length; i++) {
      const w = data[at + i]!;
      sums[i]! += square ? w * w : Math.abs(w);
    }
  }
}

/** Adds up runs of `inner` elements that belong to one sum. */
function addRuns(data: Float32Array, sums: Float64Array, inner: number, square: boolean): void {
  for (let at = 0; at < data.length;) {
    for (let i = 0; i < sums.length; i++) {
      let sum = 0;
      for (const end = at + inner; at < end; at++) {
        const w = data[at]!;
        sum += square ? w * w : Math.abs(w);
      }
      sums[i]! += sum;
    }
  }
}
