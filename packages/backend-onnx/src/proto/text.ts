const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** Longest text that is looked up before it is decoded: names of values come at least twice, operators all the time. */
const MAX_REMEMBERED = 128;

/** Slots for remembered texts, a power of two. */
const SLOTS = 4096;

/** Turns UTF-8 into text; undefined where the bytes are not valid UTF-8. */
export type TextDecoding = (bytes: Uint8Array, from: number, to: number) => string | undefined;

/** A decoder for one file, which gives the same bytes the same string object: cheap to make, to keep and to compare. */
export function textDecoding(): TextDecoding {
  const remembered = new Map<number, string | undefined>(); // not a table: many readers read three texts, or none
  return (bytes, from, to) => {
    if (to - from > MAX_REMEMBERED) return decodeText(bytes, from, to);
    let hash = 0;
    for (let i = from; i < to; i++) hash = (Math.imul(hash, 31) + bytes[i]!) | 0;
    const slot = hash & (SLOTS - 1);
    const known = remembered.get(slot);
    if (known !== undefined && isAscii(known, bytes, from, to)) return known;
    const text = decodeText(bytes, from, to);
    remembered.set(slot, text);
    return text;
  };
}

/** Text from UTF-8; undefined where the bytes are not valid UTF-8. */
export function decodeText(bytes: Uint8Array, from = 0, to: number = bytes.length): string | undefined {
  try {
    return decoder.decode(bytes.subarray(from, to));
  } catch {
    return undefined;
  }
}

/** UTF-8 of a text. */
export function encodeText(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Whether bytes are a text, which holds ASCII only. */
function isAscii(text: string, bytes: Uint8Array, from: number, to: number): boolean {
  if (text.length !== to - from) return false;
  for (let i = 0; i < text.length; i++) {
    const byte = bytes[from + i]!;
    if (byte > 127 || text.charCodeAt(i) !== byte) return false;
  }
  return true;
}
