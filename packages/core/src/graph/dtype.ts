/** Element types, by ONNX's names. Types that the toolkit only carries along (never computes on) are listed too. */
export type DType =
  | "float32"
  | "float16"
  | "bfloat16"
  | "float64"
  | "int8"
  | "uint8"
  | "int16"
  | "uint16"
  | "int32"
  | "uint32"
  | "int64"
  | "uint64"
  | "bool"
  | "string"
  | "other";

/** Bytes per element; 0 where elements have no fixed size (strings, sub-byte and unknown types). */
const BYTES: Record<DType, number> = {
  float32: 4,
  float16: 2,
  bfloat16: 2,
  float64: 8,
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  uint64: 8,
  bool: 1,
  string: 0,
  other: 0,
};

/** Bytes per element of a type; 0 where elements have no fixed size. */
export function bytesPerElement(dtype: DType): number {
  return BYTES[dtype];
}

/** Whether constants of a type hold weights: real numbers, or the 8-bit integers that they are quantised to. */
export function holdsWeights(dtype: DType): boolean {
  return isFloat(dtype) || dtype === "int8" || dtype === "uint8";
}

/** Whether a type holds real numbers that weights are made of. */
export function isFloat(dtype: DType): boolean {
  return dtype === "float32" || dtype === "float16" || dtype === "bfloat16" || dtype === "float64";
}
