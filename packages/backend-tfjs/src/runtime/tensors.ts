import { toFloat32, toNumbers, type DType, type RunTensor, type Tensor } from "@prune/core";
import * as tf from "@tensorflow/tfjs-core";
import { errorTensorType } from "../errors.ts";
import { plain, type Value } from "./value.ts";

/** The type that TensorFlow.js keeps elements of a type in. */
const STORED: Readonly<Partial<Record<DType, "float32" | "int32" | "bool">>> = {
  float32: "float32",
  float64: "float32",
  float16: "float32",
  bfloat16: "float32",
  int8: "int32",
  uint8: "int32",
  int16: "int32",
  uint16: "int32",
  int32: "int32",
  uint32: "int32",
  int64: "int32",
  uint64: "int32",
  bool: "bool",
};

/** Bounds such as INT64_MAX, which stand for "to the end", still do as the largest int32. */
const clamp = (value: number): number => Math.min(2 ** 31 - 1, Math.max(-(2 ** 31), value));

/** Hands a constant to TensorFlow.js. @throws {PruneError} `runtime-failed` */
export function upload(tensor: Tensor): Value {
  const { name, dtype, dims } = tensor;
  const stored = STORED[dtype];
  if (!stored) throw errorTensorType(name, dtype);
  const data = stored === "float32" ? toFloat32(tensor).slice() : Int32Array.from(toNumbers(tensor), clamp);
  const elements = stored === "bool" ? Uint8Array.from(data) : data;
  return { tensor: tf.tensor(elements, [...dims], stored), dtype: single(dtype), fixed: true };
}

/** Hands an input of a run to TensorFlow.js. @throws {PruneError} `runtime-failed` */
export function feed(name: string, { dtype, dims, data }: RunTensor): Value {
  const stored = STORED[dtype];
  if (!stored || !ArrayBuffer.isView(data)) throw errorTensorType(name, dtype);
  if (dtype === "float16" || dtype === "bfloat16") {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const widened = toFloat32({ name, dtype, dims, bytes: () => bytes });
    return { tensor: tf.tensor(widened, [...dims], stored), dtype: "float32" };
  }
  let elements: Float32Array | Int32Array | Uint8Array;
  if (data instanceof Float32Array || data instanceof Float64Array) elements = Float32Array.from(data);
  else if (stored === "bool") elements = Uint8Array.from(data as Uint8Array);
  else elements = Int32Array.from(data as ArrayLike<number | bigint>, (v) => clamp(Number(v)));
  return { tensor: tf.tensor(elements, [...dims], stored), dtype: single(dtype) };
}

/** TensorFlow.js computes in single precision. */
const single = (dtype: DType): DType => (STORED[dtype] === "float32" ? "float32" : dtype);

/** Takes a value's elements back. */
export async function fetch(value: Value): Promise<RunTensor> {
  const tensor = plain(value);
  const data = await tensor.data();
  if (tensor !== value.tensor) tensor.dispose();
  const dims = [...tensor.shape];
  const { dtype } = value;
  if (tensor.dtype === "bool") return { dtype: "bool", dims, data: Uint8Array.from(data) };
  if (tensor.dtype !== "int32") return { dtype: "float32", dims, data: Float32Array.from(data) };
  if (dtype === "int32") return { dtype, dims, data: Int32Array.from(data) };
  if (dtype === "uint8") return { dtype, dims, data: Uint8Array.from(data) };
  return { dtype: "int64", dims, data: BigInt64Array.from(data, (v) => BigInt(v)) };
}
