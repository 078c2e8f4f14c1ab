import type { Chunk, LazyChunk } from "../proto/chunk.ts";
import type { Place, Placement } from "../proto/write-tensor.ts";

/** Smaller tensors stay in the model: shapes and scales are of use to whoever looks at it, and weigh nothing. */
const MIN_BYTES = 1024;

/** Tensors from this size on start where a page of memory can be mapped, on Windows too. */
const LARGE_BYTES = 2 ** 20;
const LARGE_ALIGNMENT = 65536;

/** Alignment of the others: a cache line, and enough for every element type. */
const ALIGNMENT = 64;

const PADDING = new Uint8Array(LARGE_ALIGNMENT);

/** A file that takes the weights of a model. */
export interface DataFile {
  /** Takes a tensor's data, if it is large enough. */
  readonly place: Place;
  /** What the file will hold. */
  readonly chunks: readonly Chunk[];
}

/** An empty data file. @param location its name, as the model will say */
export function dataFile(location: string | LazyChunk): DataFile {
  const chunks: Chunk[] = [];
  let end = 0;
  const place = (data: Chunk): Placement | undefined => {
    const { length } = data;
    if (length < MIN_BYTES) return undefined;
    const alignment = length < LARGE_BYTES ? ALIGNMENT : LARGE_ALIGNMENT;
    const offset = Math.ceil(end / alignment) * alignment;
    if (offset > end) chunks.push(PADDING.subarray(0, offset - end));
    chunks.push(data);
    end = offset + length;
    return { location, offset, length };
  };
  return { place, chunks };
}
