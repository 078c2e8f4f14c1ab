/** A piece of a file to be: bytes at hand, or bytes that are fetched only when their turn comes. */
export type Chunk = Uint8Array | LazyChunk;

/** Bytes whose number is known beforehand. */
export interface LazyChunk {
  readonly length: number;
  /** Fetches the bytes, into fresh memory where they are `stored`. */
  read(): Uint8Array;
  /** They are not in memory, and should not stay there. */
  readonly stored?: true | undefined;
}

/** The chunk's bytes. */
export function bytesOf(chunk: Chunk): Uint8Array {
  return chunk instanceof Uint8Array ? chunk : chunk.read();
}

/** All chunks in one array; no copy where there is only one. */
export function concat(chunks: readonly Chunk[]): Uint8Array {
  if (chunks.length === 1) return bytesOf(chunks[0]!);
  let length = 0;
  for (const chunk of chunks) length += chunk.length;
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(bytesOf(chunk), at);
    at += chunk.length;
  }
  return all;
}
