import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { type DataReader, PruneError } from "@prune/core";
import { unzipSync } from "fflate";
import { type NpyArray, parseNpy } from "./npy.ts";

/** The most that the arrays of a file may take when unpacked: a small file can claim any size. */
const MAX_BYTES = 2 ** 32 - 1;
const MAX_ARRAYS = 1024;
/** The most that deflate makes of a byte; memory for what is stated is allocated at once. */
const MAX_RATIO = 1032;

/**
 * Reads the arrays of an `.npz` file whose names are asked for.
 * @param wanted decides by name; all names are returned in `names`
 * @throws {PruneError} `bad-data`
 */
export function parseNpz(
  bytes: Uint8Array,
  source: string,
  wanted: (name: string) => boolean = () => true,
  maxBytes: number = MAX_BYTES,
): { names: string[]; arrays: Map<string, NpyArray> } {
  const names: string[] = [];
  let total = 0;
  const take = (file: string, packed: number, size: number): boolean => {
    const name = file.replace(/\.npy$/, "");
    names.push(name);
    if (names.length > MAX_ARRAYS) throw new PruneError("bad-data", `${source} holds more than ${MAX_ARRAYS} arrays.`);
    if (name === file || !wanted(name)) return false;
    if (size > MAX_RATIO * packed)
      throw new PruneError(
        "bad-data",
        `${source} says that ${packed} bytes of it unpack to ${size}, which they cannot.`,
      );
    total += size;
    if (total > maxBytes)
      throw new PruneError("bad-data", `${source} unpacks to more than ${maxBytes} bytes, the limit.`);
    return true;
  };
  const files = unzip(bytes, source, take);
  const arrays = Object.entries(files).map(([file, data]): [string, NpyArray] => {
    const name = file.replace(/\.npy$/, "");
    return [name, parseNpy(data, `${source}: array "${name}"`)];
  });
  return { names, arrays: new Map(arrays) };
}

function unzip(
  bytes: Uint8Array,
  source: string,
  take: (file: string, packed: number, size: number) => boolean,
): Record<string, Uint8Array> {
  try {
    return unzipSync(bytes, { filter: ({ name, size, originalSize }) => take(name, size, originalSize) });
  } catch (error) {
    if (error instanceof Error && error.name === "PruneError") throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new PruneError("bad-data", `${source} is not a readable .npz file: ${why}.`, { cause: error });
  }
}

/** Reads arrays by name. */
export const npzReader: DataReader = {
  name: "npz",
  read: async (path) => Object.fromEntries(parseNpz(await readFile(path), basename(path)).arrays),
};
