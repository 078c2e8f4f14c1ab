import { bytesPerElement } from "../graph/dtype.ts";
import { byteLength, sizeOf, type Tensor } from "../graph/tensor.ts";

/** What stays of some axes of a tensor: axis → indices, in the order in which they are wanted. */
export type KeptAxes = ReadonlyMap<number, ArrayLike<number>>;

/**
 * The tensor with only the kept indices of some axes. Data is copied when it is first asked for, once; of a tensor whose
 * data is not in memory, each time.
 */
export function keepSlices(tensor: Tensor, kept: KeptAxes): Tensor {
  const dims = tensor.dims.map((d, axis) => kept.get(axis)?.length ?? d);
  let known: Uint8Array | undefined;
  const { name, dtype, stored, origin } = tensor;
  const make = (): Uint8Array => copyKept(tensor, kept, sizeOf(dims) * bytesPerElement(dtype));
  const bytes = stored ? make : (): Uint8Array => (known ??= make());
  return { name, dtype, dims, bytes, stored, origin };
}

/** Gives memory for a number of bytes, at an address that fits every element type; what it holds is anything. */
export type Memory = (length: number) => Uint8Array;

const newMemory: Memory = (length) => new Uint8Array(length);

/** The tensor with zeros in every slice that `kept` leaves out. Each time data is asked for it is made, in `memory`. */
export function zeroSlices(tensor: Tensor, kept: KeptAxes, memory: Memory = newMemory): Tensor {
  const { origin, ...rest } = tensor;
  void origin; // the file's bytes no longer stand for this tensor
  return { ...rest, bytes: () => copyMasked(tensor, kept, memory) };
}

/** Copies a tensor, with zeros in place of what is not kept. */
function copyMasked(tensor: Tensor, kept: KeptAxes, memory: Memory): Uint8Array {
  const source = tensor.bytes();
  const out = tensor.stored ? source : memory(byteLength(tensor));
  if (out.length === 0 || kept.size === 0) {
    if (out !== source) out.set(source);
    return out;
  }
  const { rows, row, indices, inner } = layoutOf(tensor, kept);
  const gone = complement(indices, row / inner);
  const erase = inner >= LARGE_PIECE ? pieceEraser(out, gone, inner) : wordEraser(out, gone, inner);
  const stays = new Uint8Array(out.length / row);
  for (let k = 0; k < rows.length; k++) stays[rows[k]!] = 1;
  // Row by row, so that what was copied is still in the cache when parts of it are erased.
  for (let r = 0; r < stays.length; r++) {
    const [from, end] = [r * row, (r + 1) * row];
    if (!stays[r]) out.fill(0, from, end);
    else {
      if (out !== source) out.set(source.subarray(from, end), from);
      erase(from);
    }
  }
  return out;
}

/** The indices of an axis that a list leaves out. */
function complement(indices: ArrayLike<number>, size: number): number[] {
  const listed = new Set(Array.from(indices));
  return Array.from({ length: size }, (_, i) => i).filter((i) => !listed.has(i));
}

/** Writes zeros over pieces of the row that starts at a byte. */
function pieceEraser(out: Uint8Array, pieces: readonly number[], inner: number): (at: number) => void {
  return (at) => {
    for (const piece of pieces) out.fill(0, at + piece * inner, at + (piece + 1) * inner);
  };
}

/** The same, word by word. */
function wordEraser(out: Uint8Array, pieces: readonly number[], inner: number): (at: number) => void {
  const width = inner % 4 === 0 ? 4 : inner % 2 === 0 ? 2 : 1;
  const words = wordsOf(out, width);
  const length = inner / width;
  const offsets = Int32Array.from(pieces.flatMap((piece) => Array.from({ length }, (_, k) => piece * length + k)));
  return (at) => eraseWords(words, at / width, offsets);
}

function eraseWords(words: Words, start: number, offsets: Int32Array): void {
  for (let k = 0; k < offsets.length; k++) words[start + offsets[k]!] = 0;
}

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
}

/** Pieces of at least this many bytes are copied or filled by the engine, smaller ones word by word in a loop. */
const LARGE_PIECE = 128;

/** The kept elements of a tensor, one after another, in `length` bytes. */
function copyKept(tensor: Tensor, kept: KeptAxes, length: number): Uint8Array {
  const source = tensor.bytes();
  const out = new Uint8Array(length);
  if (length === 0) return out;
  if (kept.size === 0) {
    out.set(source);
    return out;
  }
  const layout = layoutOf(tensor, kept);
  if (layout.inner >= LARGE_PIECE) copyPieces(source, out, layout);
  else copyWords(source, out, layout, Math.min(4, bytesPerElement(tensor.dtype))); // 64-bit elements are two words each
  return out;
}

function layoutOf({ dtype, dims }: Tensor, kept: KeptAxes): Layout {
  const last = Math.max(...kept.keys());
  const inner = sizeOf(dims.slice(last + 1)) * bytesPerElement(dtype);
  return { rows: keptRows(dims.slice(0, last), kept), row: inner * dims[last]!, indices: kept.get(last)!, inner };
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
function copyPieces(source: Uint8Array, out: Uint8Array, { rows, row, indices, inner }: Layout): void {
  let to = 0;
  for (let r = 0; r < rows.length; r++) {
    for (let k = 0; k < indices.length;) {
      const first = k++;
      while (k < indices.length && indices[k] === indices[k - 1]! + 1) k++;
      const from = rows[r]! * row + indices[first]! * inner;
      const length = (k - first) * inner;
      out.set(source.subarray(from, from + length), to);
      to += length;
    }
  }
}

/** Copies word by word; rows that are not aligned go through a buffer that is. */
function copyWords(source: Uint8Array, out: Uint8Array, layout: Layout, width: number): void {
  const { rows, row, indices, inner } = layout;
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
    gather(from, aligned ? start : 0, to, r * offsets.length, offsets);
  }
}

type Words = Uint8Array | Uint16Array | Uint32Array;

/** Writes zeros over the elements of `width` bytes that a mask has at 0. */
export function zeroMasked(bytes: Uint8Array, width: number, mask: Uint8Array): void {
  const size = Math.min(4, width); // 64-bit elements are two words each
  const words = wordsOf(bytes, size);
  if (size === width) for (let i = 0; i < mask.length; i++) words[i] = mask[i] ? words[i]! : 0;
  else for (let i = 0; i < words.length; i++) words[i] = mask[i >> 1] ? words[i]! : 0;
}

function wordsOf({ buffer, byteOffset, length }: Uint8Array, width: number): Words {
  if (width === 4) return new Uint32Array(buffer, byteOffset, length / 4);
  return width === 2 ? new Uint16Array(buffer, byteOffset, length / 2) : new Uint8Array(buffer, byteOffset, length);
}

function gather(from: Words, start: number, to: Words, target: number, offsets: Int32Array): void {
  for (let k = 0; k < offsets.length; k++) to[target + k] = from[start + offsets[k]!]!;
}
