import { toFloat32, type Tensor } from "./graph/tensor.ts";
import { sizeOf } from "./graph/tensor.ts";

/** How `sumAlong` weighs an element: |w| or w². */
export type Norm = "abs" | "square";

/**
 * For every index of an axis, the sum of |w| or w² over all other axes.
 * @returns as many sums as the axis has indices, accumulated in double precision
 */
export function sumAlong(tensor: Tensor, axis: number, norm: Norm): Float64Array {
  const data = toFloat32(tensor);
  const size = tensor.dims[axis]!;
  const inner = sizeOf(tensor.dims.slice(axis + 1));
  const outer = sizeOf(tensor.dims.slice(0, axis));
  const sums = new Float64Array(size);
  const square = norm === "square";
  for (let o = 0, at = 0; o < outer; o++) {
    for (let i = 0; i < size; i++) {
      let sum = 0;
      for (const end = at + inner; at < end; at++) {
        const w = data[at]!;
        sum += square ? w * w : Math.abs(w);
      }
      sums[i]! += sum;
    }
  }
  return sums;
}
