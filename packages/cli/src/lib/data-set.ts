import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { type DataReader, PruneError, type RunTensor, type RunValues, sizeOf, type ValueInfo } from "@prune/core";
import { errorDataKind } from "../errors.ts";
import { bad, type DataSet, dataSetOf } from "./data-of-arrays.ts";
import type { NpyArray } from "./npy.ts";
import type { Scaling } from "./scaling.ts";

/** Finds the reader for a file or, under the name that it is known by, for a folder; undefined where there is none. */
export type FindReader = (name: string | undefined, path: string) => Promise<DataReader | undefined>;

/**
 * Loads samples: an `.npz` file with arrays named after the model's inputs and optional `labels`, an `.npy` file for a
 * model with one input, a folder of pictures for a model that takes pictures, or whatever a reader reads.
 * @param inputs the model's inputs
 * @param limit the most samples that are wanted; a reader may read all there are
 * @param find default: the readers that the toolkit brings
 * @throws {PruneError} `bad-data`, `io-failed`
 */
export async function loadData(
  path: string,
  inputs: readonly ValueInfo[],
  scaling: Scaling = {},
  limit?: number,
  find?: FindReader,
): Promise<DataSet> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new PruneError(
      "io-failed",
      `${path}: cannot be read: ${cause instanceof Error ? cause.message : String(cause)}.`,
      { cause },
    );
  });
  const choose = find ?? (await import("../built-ins.ts")).builtIns().reader;
  const reader = await choose(found.isDirectory() ? "images" : undefined, path);
  if (!reader) throw errorDataKind(path);
  return dataSet(await reader.read(path, { inputs, limit }), basename(path), inputs, scaling);
}

/**
 * Samples in memory, in the form that a model takes.
 * @param values arrays named after the model's inputs, with samples along the first axis, and optional `labels`
 * @param source what to call them in errors
 * @throws {PruneError} `bad-data`
 */
export function dataSet(
  values: RunValues,
  source: string,
  inputs: readonly ValueInfo[],
  scaling: Scaling = {},
): DataSet {
  const arrays = new Map(Object.entries(values).map(([name, tensor]) => [name, asArray(source, name, tensor)]));
  return dataSetOf(arrays, inputs, { source, scaling });
}

/** What was read, after a check that it holds what it says. */
function asArray(source: string, name: string, tensor: RunTensor): NpyArray {
  const { data, dims } = (tensor ?? {}) as Partial<RunTensor>;
  if (!ArrayBuffer.isView(data)) throw bad(source, `holds no numbers in "${name}": data must be a typed array`);
  if (!Array.isArray(dims) || sizeOf(dims as number[]) !== data.length)
    throw bad(source, `holds ${data.length} numbers in "${name}", of shape [${String(dims)}]`);
  return tensor as NpyArray;
}
