import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import { PruneError, type ValueInfo } from "@prune/core";
import { errorDataKind } from "../errors.ts";
import { type DataSet, dataSetOf } from "./data-of-arrays.ts";
import { type NpyArray, parseNpy } from "./npy.ts";
import type { Scaling } from "./scaling.ts";

/**
 * Loads samples: an `.npz` file with arrays named after the model's inputs and optional `labels`, an `.npy` file for a
 * model with one input, or a folder of pictures for a model that takes pictures.
 * @param inputs the model's inputs
 * @param limit the most pictures to read from a folder
 * @throws {PruneError} `bad-data`, `io-failed`
 */
export async function loadData(
  path: string,
  inputs: readonly ValueInfo[],
  scaling: Scaling = {},
  limit?: number,
): Promise<DataSet> {
  const source = basename(path);
  return dataSetOf(await readArrays(path, source, inputs, limit), inputs, { source, scaling });
}

async function readArrays(
  path: string,
  source: string,
  inputs: readonly ValueInfo[],
  limit: number | undefined,
): Promise<ReadonlyMap<string, NpyArray>> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new PruneError(
      "io-failed",
      `${path}: cannot be read: ${cause instanceof Error ? cause.message : String(cause)}.`,
      { cause },
    );
  });
  if (found.isDirectory()) return (await import("./image-folder.ts")).readImageFolder(path, inputs, limit);
  if (/\.npy$/i.test(path)) return new Map([["", parseNpy(await readFile(path), source)]]);
  if (!/\.npz$/i.test(path)) throw errorDataKind(path);
  const { parseNpz } = await import("./npz.ts");
  return parseNpz(await readFile(path), source).arrays;
}
