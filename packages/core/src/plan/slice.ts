import { bytesPerElement } from "../graph/dtype.ts";
import { byteLength, sizeOf, type Tensor } from "../graph/tensor.ts";

/** What stays of some axes of a tensor: axis → indices, in the order in which they are wanted. */
export type KeptAxes = ReadonlyMap<number, ArrayLike<number>>;

/** Slices of at most this many bytes are made once. Larger ones are made again when asked for again, to hold no memory. */
const REMEMBERED = 2 ** 16;

/** The tensor with only the kept indices of some axes. Data is copied when it is asked for. */
export function keepSlices(tensor: Tensor, kept: KeptAxes): Tensor {
  const dims = tensor.dims.map((d, axis) => kept.get(axis)?.length ?? d);
  const length = sizeOf(dims) * bytesPerElement(tensor.dtype);
  let known: Uint8Array | undefined;
  const bytes = (): Uint8Array => {
    if (known) return known;
    const made = copyKept(tensor, kept, new Uint8Array(length), "packed");
    if (length <= REMEMBERED) known = made;
    return made;
  };
  return { name: tensor.name, dtype: tensor.dtype, dims, bytes, origin: tensor.origin };
}

/** The tensor with zeros in every slice that `kept` leaves out. */
export function zeroSlices(tensor: Tensor, kept: KeptAxes): Tensor {
  const { origin, ...rest } = tensor;
  void origin; // the file's bytes no longer stand for this tensor
  return { ...rest, bytes: () => copyKept(tensor, kept, new Uint8Array(byteLength(tensor)), "in place") };
}

/** Where copied elements go: one after another, or where they were. */
type Placing = "packed" | "in place";

/** Which bytes of a tensor are kept: of some rows the same pieces. */
interface Layout {
  /** Kept rows: combinations of indices of the axes before the last one that is cut. */
  readonly rows: ArrayLike<number>;
  /** Bytes of a row: the last cut axis and what is behind it. */
  readonly row: number;
  /** Kept indices of the last cut axis. */
  readonly indices: ArrayLike<number>;
  /** Bytes of an index. */
  readonly inner: number;
  readonly placing: Placing;
}

/** Pieces of at least this many bytes are copied by the engine, smaller ones word by word in a loop. */
const LARGE_PIECE = 128;

/** Copies the kept elements of a tensor into zeros. */
function copyKept(tensor: Tensor, kept: KeptAxes, out: Uint8Array, placing: Placing): Uint8Array {
  const source = tensor.bytes();
  if (out.length === 0) return out;
  if (kept.size === 0) {
    out.set(source);
    return out;
  }
  const last = Math.max(...kept.keys());
  const size = bytesPerElement(tensor.dtype);
  const inner = sizeOf(tensor.dims.slice(last + 1)) * size;
  const rows = keptRows(tensor.dims.slice(0, last), kept);
  const layout: Layout = { rows, row: inner * tensor.dims[last]!, indices: kept.get(last)!, inner, placing };
  if (inner >= LARGE_PIECE) copyPieces(source, out, layout);
  else copyWords(source, out, layout, Math.min(4, size)); // 64-bit elements are two words each
  return out;
}

/** Positions, in rows, of the kept combinations of the axes before the last cut one. */
function keptRows(dims: readonly number[], kept: KeptAxes): ArrayLike<number> {
  let rows = [0];
  dims.forEach((dim, axis) => {
    const own = kept.get(axis) ?? Array.from({ length: dim }, (_, i) => i);
    const next: number[] = [];
    for (const base of rows) for (let k = 0; k < own.length; k++) next.push(base * dim + own[k]!);
    rows = next;
  });
  return rows;
}

/** Copies piece by piece, neighbours together. */
function copyPieces(source: Uint8Array, out: Uint8Array, { rows, row, indices, inner, placing }: Layout): void {
  let to = 0;
  for (let r = 0; r < rows.length; r++) {
    for (let k = 0; k < indices.length;) {
      const first = k++;
      while (k < indices.length && indices[k] === indices[k - 1]! + 1) k++;
      const from = rows[r]! * row + indices[first]! * inner;
      const length = (k - first) * inner;
      out.set(source.subarray(from, from + length), placing === "packed" ? to : from);
      to += length;
    }
  }
}

/** Copies word by word; rows that are not aligned go through a buffer that is. */
function copyWords(
  source: Uint8Array,
  out: Uint8Array,
  { rows, row, indices, inner, placing }: Layout,
  width: number,
): void {
  const words = inner / width;
  const offsets = new Int32Array(indices.length * words);
  for (let k = 0; k < indices.length; k++) {
    for (let i = 0; i < words; i++) offsets[k * words + i] = indices[k]! * words + i;
  }
  const to = wordsOf(out, width);
  const aligned = source.byteOffset % width === 0;
  const buffer = aligned ? source : new Uint8Array(row);
  const from = wordsOf(buffer, width);
  for (let r = 0; r < rows.length; r++) {
    const start = (rows[r]! * row) / width;
    if (!aligned) buffer.set(source.subarray(rows[r]! * row, (rows[r]! + 1) * row));
    if (placing === "packed") gather(from, aligned ? start : 0, to, r * offsets.length, offsets);
    else scatter(from, aligned ? start : 0, to, start, offsets);
  }
}

type Words = Uint8Array | Uint16Array | Uint32Array;

function wordsOf({ buffer, byteOffset, length }: Uint8Array, width: number): Words {
  if (width === 4) return new Uint32Array(buffer, byteOffset, length / 4);
  return width === 2 ? new Uint16Array(buffer, byteOffset, length / 2) : new Uint8Array(buffer, byteOffset, length);
}

function gather(from: Words, start: number, to: Words, target: number, offsets: Int32Array): void {
  for (let k = 0; k < offsets.length; k++) to[target + k] = from[start + offsets[k]!]!;
}

function scatter(from: Words, start: number, to: Words, target: number, offsets: Int32Array): void {
  for (let k = 0; k < offsets.length; k++) to[target + offsets[k]!] = from[start + offsets[k]!]!;
}
