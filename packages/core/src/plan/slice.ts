import { bytesPerElement } from "../graph/dtype.ts";
import { sizeOf, type Tensor } from "../graph/tensor.ts";

/** What stays of some axes of a tensor: axis → ascending indices. */
export type KeptAxes = ReadonlyMap<number, ArrayLike<number>>;

/** The tensor with only the kept indices of some axes. Data is copied when first asked for, once. */
export function keepSlices(tensor: Tensor, kept: KeptAxes): Tensor {
  const dims = tensor.dims.map((d, axis) => kept.get(axis)?.length ?? d);
  let bytes: Uint8Array | undefined;
  return {
    name: tensor.name,
    dtype: tensor.dtype,
    dims,
    bytes: () => (bytes ??= copySlices(tensor, dims, kept)),
    origin: tensor.origin,
  };
}

/** The tensor with zeros in every slice that `kept` leaves out. */
export function zeroSlices(tensor: Tensor, kept: KeptAxes): Tensor {
  const { origin, ...rest } = tensor;
  void origin; // the file's bytes no longer stand for this tensor
  return { ...rest, bytes: () => zeroed(tensor, kept) };
}

type Words = Uint8Array | Uint16Array | Uint32Array | BigUint64Array;

/** Bytes as words of the element's size, so that a copy moves whole elements; copies unaligned bytes first. */
function words(bytes: Uint8Array, size: number): Words {
  const from = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  const [buffer, offset, length] = [from.buffer, from.byteOffset, from.length / size];
  if (size === 8) return new BigUint64Array(buffer, offset, length);
  if (size === 4) return new Uint32Array(buffer, offset, length);
  return size === 2 ? new Uint16Array(buffer, offset, length) : new Uint8Array(buffer, offset, length);
}

function copySlices(tensor: Tensor, dims: readonly number[], kept: KeptAxes): Uint8Array {
  const size = bytesPerElement(tensor.dtype);
  const out = new Uint8Array(sizeOf(dims) * size);
  if (out.length === 0) return out;
  const from = words(tensor.bytes(), size);
  const to = words(out, size);
  const last = Math.max(...kept.keys());
  const inner = sizeOf(tensor.dims.slice(last + 1));
  const row = inner * tensor.dims[last]!;
  const indices = Int32Array.from(kept.get(last)!);
  let at = 0;
  for (const outer of outerRows(tensor.dims.slice(0, last), kept)) {
    at = copyRow(from as Uint32Array, to as Uint32Array, at, outer * row, indices, inner);
  }
  return out;
}

/** Copies the kept blocks of one row; runs of neighbouring indices go in one piece where that is faster. */
function copyRow(
  from: Uint32Array,
  to: Uint32Array,
  at: number,
  start: number,
  indices: Int32Array,
  inner: number,
): number {
  if (inner < 16) {
    for (let k = 0; k < indices.length; k++) {
      const source = start + indices[k]! * inner;
      for (let i = 0; i < inner; i++) to[at++] = from[source + i]!;
    }
    return at;
  }
  for (let k = 0; k < indices.length;) {
    let end = k + 1;
    while (end < indices.length && indices[end] === indices[end - 1]! + 1) end++;
    const source = start + indices[k]! * inner;
    to.set(from.subarray(source, source + (end - k) * inner), at);
    at += (end - k) * inner;
    k = end;
  }
  return at;
}

/** Positions, in rows, of the kept combinations of the axes before the last cut one. */
function* outerRows(dims: readonly number[], kept: KeptAxes, axis = 0, base = 0): Generator<number> {
  if (axis === dims.length) {
    yield base;
    return;
  }
  const indices = kept.get(axis);
  const count = indices?.length ?? dims[axis]!;
  for (let k = 0; k < count; k++)
    yield* outerRows(dims, kept, axis + 1, base * dims[axis]! + (indices ? indices[k]! : k));
}

function zeroed(tensor: Tensor, kept: KeptAxes): Uint8Array {
  const out = tensor.bytes().slice();
  const size = bytesPerElement(tensor.dtype);
  const wide = size === 8 ? 2 : 1; // 64-bit elements are cleared as two words each
  const elements = words(out, size / wide) as Uint32Array;
  for (const [axis, indices] of kept) {
    const dim = tensor.dims[axis]!;
    const alive = new Uint8Array(dim);
    for (let k = 0; k < indices.length; k++) alive[indices[k]!] = 1;
    const length = sizeOf(tensor.dims.slice(axis + 1)) * wide;
    const outer = sizeOf(tensor.dims.slice(0, axis));
    for (let o = 0, at = 0; o < outer; o++) {
      for (let i = 0; i < dim; i++, at += length) if (!alive[i]) clear(elements, at, length);
    }
  }
  return out;
}

/** Sets a run to zero; a short one without the cost of a call into the engine. */
function clear(elements: Uint32Array, at: number, length: number): void {
  if (length >= 16) elements.fill(0, at, at + length);
  else for (let i = at; i < at + length; i++) elements[i] = 0;
}
