import type { DType } from "./graph/dtype.ts";
import { fromHalves, halfBits } from "./graph/half.ts";
import type { RunTensor } from "./model.ts";

/** The elements of a value of floats, as numbers: half precision comes as bits. Undefined for other types. */
export function floatsIn({ dtype, data }: RunTensor): Float32Array | Float64Array | undefined {
  if (data instanceof Float32Array || data instanceof Float64Array) return data;
  return dtype === "float16" ? fromHalves(data as Uint16Array) : undefined;
}

/** The elements of a result in single precision, such as sums that were made inside the graph. */
export function floatsOf(value: RunTensor): Float32Array {
  const floats = floatsIn(value);
  return floats instanceof Float32Array ? floats : Float32Array.from(floats ?? (value.data as ArrayLike<number>));
}

/** A value of floats in another float type; any other value as it is. */
export function inFloats(value: RunTensor, dtype: DType): RunTensor {
  const floats = value.dtype === dtype ? undefined : floatsIn(value);
  const { dims } = value;
  if (!floats) return value;
  if (dtype === "float32") return { dtype, dims, data: Float32Array.from(floats) };
  if (dtype === "float64") return { dtype, dims, data: Float64Array.from(floats) };
  return dtype === "float16" ? { dtype, dims, data: Uint16Array.from(floats, halfBits) } : value;
}
