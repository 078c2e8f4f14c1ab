import { mapInto } from "../map-into.ts";
import { fromHalves, halfBits } from "./half.ts";
import { bytesPerElement, isFloat, type DType } from "./dtype.ts";

/** An immutable tensor with a name. Data is read on demand, so a large file costs nothing until it is used. */
export interface Tensor {
  readonly name: string;
  readonly dtype: DType;
  readonly dims: readonly number[];
  /**
   * Elements in row-major order, little-endian; may be a view into a file's buffer and unaligned: never write to it.
   * Empty for strings and types of unknown size, which only their backend can carry along.
   */
  readonly bytes: () => Uint8Array;
  /**
   * Whether the data is not in memory, because the network is too large for that: `bytes` then fetches or makes it anew
   * each time, in memory that the caller may write to, and nobody should hold on to it for long.
   */
  readonly stored?: true | undefined;
  /** What the backend that read this tensor needs to write it back unchanged. Opaque to everything else. */
  readonly origin?: unknown;
}

/** Number of elements of a shape; 1 for a scalar. */
export function sizeOf(dims: readonly number[]): number {
  let size = 1;
  for (const d of dims) size *= d;
  return size;
}

/** A tensor over bytes already in memory. */
export function tensorOf(name: string, dtype: DType, dims: readonly number[], bytes: Uint8Array): Tensor {
  return { name, dtype, dims, bytes: () => bytes };
}

/** A 1-D (or, given `dims`, any) int64 tensor, the type ONNX uses for shapes, axes and indices. */
export function int64Tensor(
  name: string,
  values: ArrayLike<number>,
  dims: readonly number[] = [values.length],
): Tensor {
  const data = new BigInt64Array(values.length);
  for (let i = 0; i < values.length; i++) data[i] = BigInt(values[i]!);
  return tensorOf(name, "int64", dims, new Uint8Array(data.buffer));
}

/** A float32 tensor. */
export function float32Tensor(
  name: string,
  values: ArrayLike<number>,
  dims: readonly number[] = [values.length],
): Tensor {
  return tensorOf(name, "float32", dims, new Uint8Array(Float32Array.from(values).buffer));
}

/** A tensor of any float type. */
export function floatTensor(
  name: string,
  dtype: DType,
  values: ArrayLike<number>,
  dims: readonly number[] = [values.length],
): Tensor {
  if (!isFloat(dtype)) throw new TypeError(`${dtype} is not a float type`);
  return tensorOf(name, dtype, dims, floatBytes(dtype, values));
}

/** The tensor's elements as float32 (float16, bfloat16 and float64 are converted); a view where that is possible. */
export function toFloat32(tensor: Tensor): Float32Array {
  const bytes = tensor.bytes();
  switch (tensor.dtype) {
    case "float32":
      return aligned(bytes, 4, (b, o, n) => new Float32Array(b, o, n));
    case "float64":
      return Float32Array.from(aligned(bytes, 8, (b, o, n) => new Float64Array(b, o, n)));
    case "float16":
      return aligned(bytes, 2, (b, o, n) => fromHalves(new Uint16Array(b, o, n)));
    case "bfloat16": {
      const words = new Uint32Array(bytes.length / 2);
      const halves = aligned(bytes, 2, (b, o, n) => new Uint16Array(b, o, n));
      for (let i = 0; i < words.length; i++) words[i] = halves[i]! << 16;
      return new Float32Array(words.buffer);
    }
    default:
      return Float32Array.from(toNumbers(tensor));
  }
}

/** The tensor's elements as JavaScript numbers (int64 beyond 2^53 loses precision). For small tensors: shapes, axes. */
export function toNumbers(tensor: Tensor): number[] {
  const bytes = tensor.bytes();
  switch (tensor.dtype) {
    case "int64":
      return Array.from(
        aligned(bytes, 8, (b, o, n) => new BigInt64Array(b, o, n)),
        Number,
      );
    case "uint64":
      return Array.from(
        aligned(bytes, 8, (b, o, n) => new BigUint64Array(b, o, n)),
        Number,
      );
    case "int32":
      return Array.from(aligned(bytes, 4, (b, o, n) => new Int32Array(b, o, n)));
    case "uint32":
      return Array.from(aligned(bytes, 4, (b, o, n) => new Uint32Array(b, o, n)));
    case "int16":
      return Array.from(aligned(bytes, 2, (b, o, n) => new Int16Array(b, o, n)));
    case "uint16":
      return Array.from(aligned(bytes, 2, (b, o, n) => new Uint16Array(b, o, n)));
    case "int8":
      return Array.from(new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length));
    case "uint8":
    case "bool":
      return Array.from(bytes);
    case "float64":
      return Array.from(aligned(bytes, 8, (b, o, n) => new Float64Array(b, o, n)));
    case "float32":
    case "float16":
    case "bfloat16":
      return Array.from(toFloat32(tensor));
    default:
      return [];
  }
}

/** Number of bytes the tensor's elements take; 0 where elements have no fixed size. */
export function byteLength(tensor: Tensor): number {
  return sizeOf(tensor.dims) * bytesPerElement(tensor.dtype);
}

/** Views bytes as a typed array; copies first when they do not start at a multiple of the element size. */
function aligned<T>(bytes: Uint8Array, size: number, view: (b: ArrayBuffer, o: number, n: number) => T): T {
  const from = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  return view(from.buffer as ArrayBuffer, from.byteOffset, Math.floor(from.length / size));
}

function floatBytes(dtype: DType, values: ArrayLike<number>): Uint8Array {
  if (dtype === "float64") return new Uint8Array(Float64Array.from(values).buffer);
  const single = Float32Array.from(values);
  if (dtype === "float32") return new Uint8Array(single.buffer);
  const bits = new Uint32Array(single.buffer);
  const halves = new Uint16Array(single.length);
  if (dtype === "bfloat16")
    return new Uint8Array(mapInto(halves, bits, (b) => (b + 0x7fff + ((b >>> 16) & 1)) >>> 16).buffer);
  return new Uint8Array(mapInto(halves, single, halfBits).buffer);
}
