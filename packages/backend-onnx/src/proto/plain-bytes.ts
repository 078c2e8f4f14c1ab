/** The same memory as a plain Uint8Array: `slice` of a Node.js Buffer gives a view where everybody expects a copy. */
export const plainBytes = ({ buffer, byteOffset, length }: Uint8Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, length);
