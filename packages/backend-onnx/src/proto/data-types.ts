import type { DType } from "@prune/core";

/** TensorProto.DataType numbers of the types that the toolkit knows by name. */
const NUMBERS: Record<Exclude<DType, "other">, number> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  bfloat16: 16,
};

const NAMES = new Map(Object.entries(NUMBERS).map(([name, number]) => [number, name as DType]));

/** The type's name; "other" for those that the toolkit only carries along (complex, 8-bit floats, 4-bit integers). */
export function dtypeOf(dataType: number): DType {
  return NAMES.get(dataType) ?? "other";
}

/** The type's number in the file; undefined for "other", which has no number of its own. */
export function dataTypeOf(dtype: DType): number | undefined {
  return dtype === "other" ? undefined : NUMBERS[dtype];
}
