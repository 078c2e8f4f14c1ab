import type { Reader } from "./reader.ts";
import { TENSOR, WIRE } from "./schema.ts";

/** How a typed field stores its elements: as four or eight bytes, or as varints (0). */
const STRIDE = new Map<number, number>([
  [TENSOR.floatData, 4],
  [TENSOR.int32Data, 0],
  [TENSOR.int64Data, 0],
  [TENSOR.doubleData, 8],
  [TENSOR.uint64Data, 0],
]);

/** Elements of one typed field (float_data and its like), which may be packed, unpacked or spread over both. */
export interface TypedData {
  readonly field: number;
  /** Number of elements. */
  readonly count: number;
  /** The payload, when it is in one piece. */
  readonly payload: Uint8Array | undefined;
}

/** Whether a field of TensorProto holds elements. */
export function isTypedField(field: number): boolean {
  return STRIDE.has(field);
}

/** Counts the elements of the reader's current field on top of those found before; copies nothing. */
export function countTyped(r: Reader, before: TypedData | undefined): TypedData {
  const { field } = r;
  const piece = pieceOf(r);
  const stride = STRIDE.get(field)!;
  if (stride > 0 && piece.length % stride > 0) {
    throw r.malformed(`field ${field} is ${piece.length} bytes long, not a multiple of ${stride}`);
  }
  if (stride === 0 && piece.length > 0 && piece[piece.length - 1]! > 127) {
    throw r.malformed(`field ${field} ends in the middle of an integer`);
  }
  const count = stride > 0 ? piece.length / stride : countVarints(piece);
  return before ? { field, count: before.count + count, payload: undefined } : { field, count, payload: piece };
}

/** The elements as little-endian bytes of `size` each; a view where the file holds them like that. */
export function decodeTyped({ field, count, payload }: TypedData, size: number, again: () => Reader): Uint8Array {
  const bytes = payload ?? gather(again(), field);
  return STRIDE.get(field) ? bytes : decodeVarints(bytes, count, size);
}

/** The current field's payload; an unpacked element is its own payload. */
function pieceOf(r: Reader): Uint8Array {
  if (r.wire === WIRE.bytes) return r.view();
  const stride = STRIDE.get(r.field)!;
  r.expect(stride === 4 ? WIRE.fixed32 : stride === 8 ? WIRE.fixed64 : WIRE.varint);
  if (stride > 0) return r.fixed(stride);
  return r.whole().subarray(1); // the tags of all typed fields take one byte
}

/** All pieces of a field, joined. Reads the message twice rather than keep one view per unpacked element. */
function gather(r: Reader, field: number): Uint8Array {
  const joined = new Uint8Array(r.end - r.from);
  let at = 0;
  while (r.next()) {
    if (r.field !== field) r.skip();
    else {
      const piece = pieceOf(r);
      joined.set(piece, at);
      at += piece.length;
    }
  }
  return joined.slice(0, at);
}

function countVarints(bytes: Uint8Array): number {
  let count = 0;
  for (let i = 0; i < bytes.length; i++) if (bytes[i]! < 128) count++;
  return count;
}

/** Integers of `size` bytes from varints; what does not fit is cut off, as protobuf does. */
function decodeVarints(bytes: Uint8Array, count: number, size: number): Uint8Array {
  const words = new Uint32Array(count * 2);
  let at = 0;
  for (let i = 0; i < count; i++) {
    let low = 0;
    let high = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]!;
      if (shift < 28) low |= (byte & 127) << shift;
      else if (shift === 28) {
        low |= (byte & 15) << 28;
        high = (byte & 127) >>> 4;
      } else if (shift < 64) high |= (byte & 127) << (shift - 32);
      if (byte < 128) break;
    }
    words[2 * i] = low;
    words[2 * i + 1] = high;
  }
  return narrow(words, count, size);
}

/** Keeps the low `size` bytes of each 64-bit integer. */
function narrow(words: Uint32Array, count: number, size: number): Uint8Array {
  if (size === 8) return new Uint8Array(words.buffer);
  const narrowed = size === 4 ? new Uint32Array(count) : size === 2 ? new Uint16Array(count) : new Uint8Array(count);
  for (let i = 0; i < count; i++) narrowed[i] = words[2 * i]!;
  return new Uint8Array(narrowed.buffer);
}
