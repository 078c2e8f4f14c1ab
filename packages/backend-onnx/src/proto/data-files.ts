import { errorNoDataFiles, errorShortDataFile } from "../errors.ts";
import type { LazyChunk } from "./chunk.ts";
import { plainBytes } from "./plain-bytes.ts";

/** Where a tensor's data sits outside of the model's file. */
export interface ExternalRange {
  /** Path relative to the model, as the file says. */
  readonly location: string;
  readonly offset: number;
  /** Undefined: up to the end of the file. */
  readonly length: number | undefined;
}

/** The files beside a model. */
export interface DataFiles {
  /**
   * A part of a file, to be read when it is needed.
   * @param tensor what the data is for, as messages name it
   * @throws {PruneError} `bad-model` where the location is not allowed, or the file is missing or too short
   */
  open(range: ExternalRange, tensor: string): LazyChunk;
}

/** Files given as bytes, by name. */
export function filesInMemory(files: Readonly<Record<string, Uint8Array>>, source: string): DataFiles {
  return {
    open({ location, offset, length }, tensor) {
      const bytes = Object.hasOwn(files, location) ? files[location] : undefined;
      if (!bytes) throw errorNoDataFiles(source, location, tensor);
      const end = length === undefined ? bytes.length : offset + length;
      if (offset > bytes.length || end > bytes.length)
        throw errorShortDataFile(source, location, tensor, end, bytes.length);
      return { length: end - offset, read: () => plainBytes(bytes.subarray(offset, end)) };
    },
  };
}
