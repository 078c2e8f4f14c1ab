import type { DType, RunTensor } from "@prune/core";
import { errorTensorType } from "../errors.ts";
import type { Ort, OrtTensor } from "./ort.ts";

/** Types that ONNX Runtime's JavaScript tensors can hold; they go by the same names. */
const SHARED: ReadonlySet<string> = new Set<DType>([
  ...(["float32", "float16", "float64", "bool", "string"] as const),
  ...(["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"] as const),
]);

/** A tensor for a run, over the same elements. @throws {PruneError} `runtime-failed` */
export function toOrtTensor(ort: Ort, name: string, { dtype, data, dims }: RunTensor): OrtTensor {
  if (!SHARED.has(dtype)) throw errorTensorType(name, dtype);
  return new ort.Tensor(dtype as never, data as never, dims);
}

/** A tensor that a run gave, over the same elements. @throws {PruneError} `runtime-failed` */
export function fromOrtTensor(name: string, value: unknown): RunTensor {
  if (!isOrtTensor(value)) throw errorTensorType(name, "a sequence or map");
  const { type, dims, data } = value;
  if (!isDType(type)) throw errorTensorType(name, type);
  return { dtype: type, dims, data: elementsOf(data as RunTensor["data"]) };
}

function isOrtTensor(value: unknown): value is OrtTensor {
  return typeof value === "object" && value !== null && "type" in value && "dims" in value && "data" in value;
}

function isDType(type: string): type is DType {
  return SHARED.has(type);
}

/** Newer engines have a Float16Array, which core does not know; it stores the same bits. */
function elementsOf(data: RunTensor["data"]): RunTensor["data"] {
  const known = Array.isArray(data) || !ArrayBuffer.isView(data) || data.constructor.name !== "Float16Array";
  return known ? data : new Uint16Array(data.buffer, data.byteOffset, data.length);
}
