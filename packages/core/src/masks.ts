import { LazyMap } from "./stored.ts";

/** Masks by the constant that they are of, each held as a bit per element; reading one unpacks it. */
export class Masks extends LazyMap<Uint8Array> {
  /** Adds a mask: 1 for what stays, 0 for what leaves. */
  add(name: string, mask: Uint8Array): void {
    const [bits, { length }] = [packed(mask), mask];
    this.set(name, () => unpacked(bits, length));
  }
}

/** A bit per element that is not zero, the first in the lowest bit of the first byte. */
export function packed(mask: Uint8Array): Uint8Array {
  const bits = new Uint8Array(Math.ceil(mask.length / 8));
  for (let i = 0; i < mask.length; i++) if (mask[i]) bits[i >> 3]! |= 1 << (i & 7);
  return bits;
}

/** The elements, 0 or 1, that some bits stand for. */
export function unpacked(bits: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const mask = new Uint8Array(8 * bits.length);
  const words = new Uint32Array(mask.buffer);
  for (let i = 0; i < bits.length; i++) {
    words[2 * i] = FOUR[bits[i]! & 15]!;
    words[2 * i + 1] = FOUR[bits[i]! >> 4]!;
  }
  return mask.subarray(0, length);
}

/** Four elements, as one word, for each four bits. */
const FOUR = new Uint32Array(Uint8Array.from({ length: 4 * 16 }, (_, i) => ((i >> 2) >> (i & 3)) & 1).buffer);
