/** The same memory as a plain Uint8Array: `slice` of a Node.js Buffer gives a view where everybody expects a copy. */
export const plainBytes = (bytes: Uint8Array): Uint8Array =>
  bytes.constructor === Uint8Array ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
