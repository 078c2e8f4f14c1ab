import {
  type DataSource,
  type DType,
  floatsIn,
  type Graph,
  labelsOf,
  type RunTensor,
  type RunValues,
} from "@prune/core";
import { errorBadData } from "./errors.ts";
import { LABELS } from "./forward.ts";

/** Samples to learn from, in memory: the first axis of every tensor counts them. */
export interface TrainingData {
  /** By input name. */
  readonly inputs: RunValues;
  /** What the loss compares with, where it needs labels: integers for classes. */
  readonly labels?: RunTensor | undefined;
}

/** The samples of a data source, all in memory. */
export function inMemory(data: TrainingData | DataSource): TrainingData {
  if ("inputs" in data) return data;
  return { inputs: data.batch(0, data.count), labels: labelsOf(data, 0, data.count) };
}

/** Number of samples. @throws {PruneError} `bad-data` */
export function sampleCount({ inputs, labels }: TrainingData): number {
  const sizes = [...Object.entries(inputs), ...(labels ? [["labels", labels] as const] : [])];
  const count = sizes[0]?.[1].dims[0];
  if (!count) throw errorBadData("The data holds no samples.");
  const odd = sizes.find(([, tensor]) => tensor.dims[0] !== count);
  if (odd) throw errorBadData(`"${odd[0]}" holds ${odd[1].dims[0]} samples, "${sizes[0]![0]}" holds ${count}.`);
  return count;
}

/** Sizes of what a run is fed with `batch` samples. */
export const batchDims = ({ dims }: RunTensor, batch: number): number[] => [batch, ...dims.slice(1)];

/** The data as float32 where the network wants that, and labels in the type that the loss wants. */
export function fitted(
  { inputs, labels }: TrainingData,
  network: Pick<Graph, "inputs">,
  labelType: DType | undefined,
): TrainingData {
  const wanted = new Map(network.inputs.map((input) => [input.name, input.dtype]));
  const converted = Object.entries(inputs).flatMap(([name, tensor]) => {
    const dtype = wanted.get(name);
    return dtype ? [[name, tensorAs(tensor, /^b?float/.test(dtype) ? "float32" : dtype, name)] as const] : [];
  });
  return {
    inputs: Object.fromEntries(converted),
    labels: labels && labelType ? tensorAs(labels, labelType, "labels") : undefined,
  };
}

function tensorAs(tensor: RunTensor, dtype: DType, name: string): RunTensor {
  if (tensor.dtype === dtype) return tensor;
  const numbers = (floatsIn(tensor) ?? tensor.data) as Exclude<RunTensor["data"], readonly string[] | BigInt64Array | BigUint64Array>; // prettier-ignore
  if (dtype === "float32" && tensor.dtype !== "string") {
    return { ...tensor, dtype, data: Float32Array.from(numbers, Number) };
  }
  if (dtype === "int64" && /^u?int/.test(tensor.dtype)) {
    return { ...tensor, dtype, data: BigInt64Array.from(numbers as unknown as ArrayLike<bigint>, BigInt) };
  }
  throw errorBadData(`"${name}" has type ${tensor.dtype}, and ${dtype} is needed. Convert it.`);
}

/** Gathers samples into the tensors of one run, which are reused by the next. */
export class Batch {
  readonly feeds: RunValues;
  private readonly pairs: readonly { readonly from: RunTensor; readonly to: RunTensor; readonly row: number }[];

  constructor({ inputs, labels }: TrainingData, size: number) {
    const sources = { ...inputs, ...(labels && { [LABELS]: labels }) };
    const empty = (from: RunTensor): RunTensor => ({
      ...from,
      dims: batchDims(from, size),
      data: from.data.slice(0, (from.data.length / from.dims[0]!) * size),
    });
    this.feeds = Object.fromEntries(Object.entries(sources).map(([name, from]) => [name, empty(from)]));
    this.pairs = Object.entries(sources).map(([name, from]) => ({
      from,
      to: this.feeds[name]!,
      row: from.data.length / from.dims[0]!,
    }));
  }

  /** Takes the samples of the given numbers. */
  take(indices: Uint32Array): RunValues {
    for (const { from, to, row } of this.pairs) {
      const [source, target] = [from.data as Float32Array, to.data as Float32Array];
      for (const [i, index] of indices.entries()) target.set(source.subarray(index * row, (index + 1) * row), i * row);
    }
    return this.feeds;
  }
}
