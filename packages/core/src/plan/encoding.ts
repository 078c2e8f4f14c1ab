import { errorBadPlan } from "../errors.ts";
import { packed, unpacked } from "../masks.ts";

/** A bit per element, the first in the lowest bit of the first byte; bytes in base64. */
export const MASK_ENCODING = "bits/base64";
/** Little-endian float32; bytes in base64. */
export const VALUE_ENCODING = "float32/base64";

export function encodeMask(mask: Uint8Array): string {
  return toBase64(packed(mask));
}

/** @throws {PruneError} `bad-plan` when the text is not that of `size` elements */
export function decodeMask(text: string, size: number): Uint8Array {
  const bits = fromBase64(text);
  if (bits.length !== Math.ceil(size / 8))
    throw errorBadPlan(`A mask of the plan has ${bits.length} bytes; ${size} elements take ${Math.ceil(size / 8)}.`);
  return unpacked(bits, size);
}

export const encodeFloats = (values: Float32Array): string =>
  toBase64(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));

/** @throws {PruneError} `bad-plan` when the text is not that of `size` numbers */
export function decodeFloats(text: string, size: number): Float32Array {
  const bytes = fromBase64(text);
  if (bytes.length !== size * 4)
    throw errorBadPlan(`Values of the plan have ${bytes.length} bytes; ${size} numbers take ${size * 4}.`);
  return new Float32Array(bytes.buffer, 0, size);
}

// Core has neither Node's Buffer nor a browser's btoa.

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const VALUES: ReadonlyMap<string, number> = new Map(DIGITS.split("").map((c, i) => [c, i]));

function toBase64(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let i = 0; i < bytes.length; i += 3) {
    const [a, b, c] = [bytes[i]!, bytes[i + 1] ?? 0, bytes[i + 2] ?? 0];
    const left = bytes.length - i;
    const [w, x] = [DIGITS[a >> 2]!, DIGITS[((a & 3) << 4) | (b >> 4)]!];
    parts.push(w + x + (left > 1 ? DIGITS[((b & 15) << 2) | (c >> 6)]! : "=") + (left > 2 ? DIGITS[c & 63]! : "="));
  }
  return parts.join("");
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const end = text.length - (text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0);
  if (text.length % 4) throw errorBadPlan("Data of the plan is not base64.");
  const bytes = new Uint8Array((text.length / 4) * 3 - (text.length - end));
  let [held, bits, at] = [0, 0, 0];
  for (let i = 0; i < end; i++) {
    const value = VALUES.get(text[i]!);
    if (value === undefined) throw errorBadPlan("Data of the plan is not base64.");
    held = ((held << 6) | value) & 0xffffff;
    bits += 6;
    if (bits >= 8) bytes[at++] = (held >> (bits -= 8)) & 255;
  }
  return bytes;
}
