import { Readable } from "node:stream";
import { createGzip } from "node:zlib";

/** How many bytes are left of some when they are compressed by gzip, at its usual level. */
export async function gzipSize(parts: Iterable<Uint8Array>): Promise<number> {
  let size = 0;
  for await (const part of Readable.from(parts, { objectMode: false }).pipe(createGzip()))
    size += (part as Buffer).length;
  return size;
}
