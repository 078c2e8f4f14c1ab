const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** Longest text that is decoded byte by byte; beyond it the built-in decoder is faster. */
const SHORT = 48;

/** Text from UTF-8; undefined where the bytes are not valid UTF-8. */
export function decodeText(bytes: Uint8Array, from: number, to: number): string | undefined {
  if (to - from <= SHORT) {
    let text = "";
    let i = from;
    for (; i < to && bytes[i]! < 128; i++) text += String.fromCharCode(bytes[i]!);
    if (i === to) return text;
  }
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
