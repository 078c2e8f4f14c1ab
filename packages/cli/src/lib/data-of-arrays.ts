import { halfBits, PruneError, type RunTensor, type RunValues, type ValueInfo } from "@prune/core";
import type { NpyArray } from "./npy.ts";
import { scaled, type Scaling, scaleOf } from "./scaling.ts";

/** Samples for a model, with labels where the file has them. */
export interface DataSet {
  /** Number of samples. */
  readonly count: number;
  readonly labels: Int32Array | undefined;
  /** Sizes of the labels of one sample; [] for one label each. */
  readonly labelDims: readonly number[];
  /** What was done to float inputs, for the record. */
  readonly scaling: { readonly scale: number; readonly mean: readonly number[]; readonly std: readonly number[] };
  /** Samples per run that the model was made for, or that keep memory small. */
  readonly batchSize: number;
  /** Samples `from` to `to` as the model takes them. */
  batch(from: number, to: number): RunValues;
}

/** Elements of one batch, where the model leaves its size open. */
const BATCH_ELEMENTS = 1 << 20;
const BATCH_SAMPLES = 128;

/**
 * Samples out of arrays that are named after the model's inputs, with optional `labels`; a model with one input takes an
 * array of any name. Where an array has an axis more than its input, such as one number per sample for a scalar, its
 * samples are runs of their own: they are taken one at a time, without that axis.
 * @param inputs the model's inputs
 * @throws {PruneError} `bad-data`
 */
export function dataSetOf(
  arrays: ReadonlyMap<string, NpyArray>,
  inputs: readonly ValueInfo[],
  { source, scaling = {} }: { readonly source: string; readonly scaling?: Scaling },
): DataSet {
  const named = [...arrays.keys()].filter((name) => name !== "labels");
  const chosen = inputs.map((input): [ValueInfo, NpyArray] => {
    const array =
      arrays.get(input.name) ?? (inputs.length === 1 && named.length === 1 ? arrays.get(named[0]!) : undefined);
    if (!array) throw errorNoArray(source, input.name, inputs, [...arrays.keys()]);
    checkShape(source, input, array);
    return [input, array];
  });
  const count = chosen[0]?.[1].dims[0] ?? 0;
  const uneven = chosen.find(([, a]) => a.dims[0] !== count);
  if (uneven) throw bad(source, `has ${count} samples in one array and ${uneven[1].dims[0]!} in "${uneven[0].name}"`);
  if (count === 0) throw bad(source, "has no samples");
  const batchSize = chosen.some(([input, array]) => isStacked(input, array)) ? 1 : batchSizeOf(chosen);
  if (batchSize > count) throw bad(source, `has ${count} samples; the model takes ${batchSize} at a time`);
  const floats = chosen.find(([input]) => input.dtype.startsWith("float"));
  return {
    count,
    labels: labelsOf(source, arrays.get("labels"), count),
    labelDims: arrays.get("labels")?.dims.slice(1) ?? [],
    scaling: {
      scale: floats ? scaleOf(scaling, floats[1].dtype) : 1,
      mean: scaling.mean ?? [0],
      std: scaling.std ?? [1],
    },
    batchSize,
    batch: (from, to) =>
      Object.fromEntries(chosen.map(([input, array]) => [input.name, samples(source, input, array, scaling, from, to)])), // prettier-ignore
  };
}

function errorNoArray(source: string, input: string, inputs: readonly ValueInfo[], got: readonly string[]): PruneError {
  if (got.length === 1 && got[0] === "")
    return bad(source, `is one array, and the model takes ${inputs.length}: ${inputs.map(({ name }) => `"${name}"`).join(", ")}. Give an .npz file with an array of each name`); // prettier-ignore
  return bad(source, `has no array "${input}", which the model takes; it has ${got.join(", ") || "none"}`);
}

const isStacked = ({ dims }: ValueInfo, array: NpyArray): boolean => dims?.length === array.dims.length - 1;

function checkShape(source: string, input: ValueInfo, array: NpyArray): void {
  const dims = input.dims ?? array.dims.map(() => undefined);
  const stacked = isStacked(input, array);
  const own = stacked ? array.dims.slice(1) : array.dims;
  const fits =
    dims.length === own.length && dims.every((d, i) => (!stacked && i === 0) || typeof d !== "number" || d === own[i]);
  if (fits && array.dims.length) return;
  const wanted = dims.map((d, i) => (i === 0 ? "N" : (d ?? "?"))).join(", ");
  throw bad(source, `holds [${array.dims.join(", ")}] for input "${input.name}", which takes [${wanted}]`);
}

/** The model's own batch size where it is fixed; otherwise one that keeps memory small. */
function batchSizeOf(chosen: readonly (readonly [ValueInfo, NpyArray])[]): number {
  const fixed = chosen.map(([input]) => input.dims?.[0]).find((d) => typeof d === "number");
  if (fixed !== undefined) return fixed;
  const elements = Math.max(...chosen.map(([, a]) => a.data.length / a.dims[0]!));
  return Math.max(1, Math.min(BATCH_SAMPLES, Math.floor(BATCH_ELEMENTS / elements), chosen[0]![1].dims[0]!));
}

function labelsOf(source: string, labels: NpyArray | undefined, count: number): Int32Array | undefined {
  if (!labels) return undefined;
  if (!/int/.test(labels.dtype)) throw bad(source, `has labels of type ${labels.dtype}; they must be whole numbers`);
  if (labels.dims[0] !== count) throw bad(source, `has ${labels.dims[0] ?? 0} labels for ${count} samples`);
  return Int32Array.from(labels.data as ArrayLike<number>, Number);
}

function samples(
  source: string,
  input: ValueInfo,
  array: NpyArray,
  scaling: Scaling,
  first: number,
  last: number,
): RunTensor {
  const each = array.data.length / array.dims[0]!;
  const [from, to] = [first * each, last * each];
  const { name, dtype } = input;
  const stacked = isStacked(input, array);
  if (stacked && last - first !== 1)
    throw bad(source, `holds whole inputs "${name}", which are taken one at a time, not ${last - first}`);
  const dims = stacked ? array.dims.slice(1) : [last - first, ...array.dims.slice(1)];
  const numbers = (): number[] => Array.from(array.data.subarray(from, to) as ArrayLike<number | bigint>, Number);
  switch (dtype) {
    case "float32":
      return { dtype, dims, data: scaled(array, scaling, from, to) };
    case "float16":
      return { dtype, dims, data: Uint16Array.from(scaled(array, scaling, from, to), halfBits) };
    case "float64":
      return { dtype, dims, data: Float64Array.from(scaled(array, scaling, from, to)) };
    case "int64":
      return { dtype, dims, data: BigInt64Array.from(numbers(), BigInt) };
    case "int32":
      return { dtype, dims, data: Int32Array.from(numbers()) };
    case "int16":
      return { dtype, dims, data: Int16Array.from(numbers()) };
    case "int8":
      return { dtype, dims, data: Int8Array.from(numbers()) };
    case "uint16":
      return { dtype, dims, data: Uint16Array.from(numbers()) };
    case "uint8":
    case "bool":
      return { dtype, dims, data: Uint8Array.from(numbers()) };
    default:
      throw new PruneError("unsupported", `Input "${name}" has type ${dtype}, into which data cannot be converted.`);
  }
}

export const bad = (source: string, problem: string): PruneError => new PruneError("bad-data", `${source} ${problem}.`);
