import { halfBits, mapInto, tensorOf, toFloat32, type DType, type Tensor } from "@prune/core";
import type { JsonObject } from "../json.ts";

/** Types that a weight is quantised to. */
export type QuantizedType = "uint8" | "uint16" | "float16";

/** How a weight is quantised: `value = quantised · scale + min`; float16 has neither. */
export interface Quantization {
  readonly dtype: QuantizedType;
  readonly scale?: number;
  readonly min?: number;
}

/** A weight as a file stores it. */
export interface StoredWeight {
  readonly name: string;
  readonly shape: readonly number[];
  /** "float32", "int32", "bool", "string" or "complex64": what it is once it is read. */
  readonly dtype: string;
  readonly quantization?: Quantization | undefined;
  /** The manifest's group that it is in. */
  readonly group: number;
  readonly bytes: Uint8Array;
  /** Its entry of the manifest, for what nobody here knows. */
  readonly entry: JsonObject;
}

/** Bytes per element as stored; undefined for types without a fixed size. */
export function storedBytes(dtype: string, quantization: Quantization | undefined): number | undefined {
  return { uint8: 1, uint16: 2, float16: 2, float32: 4, int32: 4, bool: 1, complex64: 8 }[quantization?.dtype ?? dtype];
}

/** The weight as a tensor; quantised ones are made float32 (or int32) when they are read. */
export function tensorOfWeight(weight: StoredWeight): Tensor {
  const { name, shape, dtype, quantization, bytes } = weight;
  const core: DType = dtype === "float32" || dtype === "int32" || dtype === "bool" ? dtype : "other";
  if (!quantization || core === "other") return tensorOf(name, core, shape, bytes);
  let known: Uint8Array | undefined;
  return { name, dtype: core, dims: shape, bytes: () => (known ??= dequantize(weight, quantization)) };
}

function dequantize(
  { shape, dtype, bytes }: StoredWeight,
  { dtype: type, scale = 1, min = 0 }: Quantization,
): Uint8Array {
  const half: Tensor = { name: "", dtype: "float16", dims: shape, bytes: () => bytes };
  if (type === "float16") return bytesOf(toFloat32(half));
  const codes = type === "uint8" ? bytes : new Uint16Array(bytes.slice().buffer);
  // TensorFlow.js computes in double precision and rounds once, and so must whoever wants the same weights.
  const value = (code: number): number => code * scale + min;
  return bytesOf(
    dtype === "int32"
      ? mapInto(new Int32Array(codes.length), codes, (code) => Math.round(value(code)))
      : mapInto(new Float32Array(codes.length), codes, value),
  );
}

export const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);

/** Tells which weights share what is told of them: a tensor's data as a weight of the type that `like` was stored in. */
export function requantize(like: StoredWeight, tensor: Tensor): Pick<StoredWeight, "bytes" | "quantization"> {
  const { quantization } = like;
  if (!quantization) return { bytes: tensor.bytes(), quantization: undefined };
  const values = toFloat32(tensor);
  if (quantization.dtype === "float16")
    return { bytes: bytesOf(mapInto(new Uint16Array(values.length), values, halfBits)), quantization };
  const steps = quantization.dtype === "uint8" ? 255 : 65535;
  const codesOf = (scale: number, min: number): Uint8Array => {
    const code = (v: number): number => Math.min(steps, Math.max(0, scale > 0 ? Math.round((v - min) / scale) : 0));
    return bytesOf(
      mapInto(new (quantization.dtype === "uint8" ? Uint8Array : Uint16Array)(values.length), values, code),
    );
  };
  const { scale = 1, min = 0 } = quantization;
  let [low, high] = [Infinity, -Infinity];
  for (const v of values) [low, high] = [Math.min(low, v), Math.max(high, v)];
  // Weights that were only selected keep their codes; weights that were changed may need another range.
  if (low >= min - scale / 2 && high <= min + scale * (steps + 0.5))
    return { bytes: codesOf(scale, min), quantization };
  const [first, step] = [Math.min(low, high), (high - low) / steps];
  return { bytes: codesOf(step, first), quantization: { ...quantization, scale: step, min: first } };
}
