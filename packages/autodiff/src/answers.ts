import {
  type Graph,
  hasFixedBatch,
  type Runtime,
  type RunTensor,
  type RunValues,
  sizeOf,
  unshare,
  type ValueInfo,
} from "@prune/core";
import type { TrainingData } from "./data.ts";
import type { Taught } from "./forward.ts";
import { partOf } from "./part-of.ts";
import { singlePrecision } from "./single-precision.ts";

/** Memory for a teacher's answers; where they would take more, it answers anew in every step. */
const MOST_BYTES = 2 ** 28;
/** Samples that a teacher answers at a time. */
const BATCH = 128;

/**
 * The data with what a teacher yields for each sample as further inputs of the training graph, so that it answers once
 * and not in every step. Without, where that takes too much memory or a value's first axis does not count samples.
 */
export async function withAnswers(
  data: TrainingData,
  teacher: Graph | undefined,
  taught: readonly Taught[],
  runtime: Runtime,
  threads: number | undefined,
): Promise<TrainingData> {
  const answers = teacher && taught.length ? await answersOf(teacher, taught, data, runtime, threads) : undefined;
  return answers ? { ...data, inputs: { ...data.inputs, ...answers } } : data;
}

/** The inputs of a training graph that data holds answers for. */
export const answeredBy = ({ inputs }: TrainingData, taught: readonly Taught[]): ValueInfo[] =>
  taught.filter(({ name }) => name in inputs).map(({ name, dims }) => ({ name, dtype: "float32", dims }));

async function answersOf(
  teacher: Graph,
  taught: readonly Taught[],
  { inputs }: TrainingData,
  runtime: Runtime,
  threads: number | undefined,
): Promise<RunValues | undefined> {
  const count = Object.values(inputs)[0]!.dims[0]!;
  const sizes = taught.map(({ dims }) => sizeOf(dims.slice(1)));
  const total = sizes.reduce((a, b) => a + b, 0);
  if (hasFixedBatch(teacher) || 4 * count * total > MOST_BYTES) return undefined;
  const outputs = taught.map(({ value }) => ({ name: value, dtype: "float32" as const, dims: undefined }));
  const session = await runtime.open(
    partOf({ ...unshare(singlePrecision(teacher)), outputs }),
    threads === undefined ? {} : { threads },
  );
  try {
    const one = await session.run(rowsOf(inputs, 0, 1));
    if (taught.some(({ value, dims }) => one[value]!.dims.join() !== [1, ...dims.slice(1)].join())) return undefined;
    const answers = sizes.map((size) => new Float32Array(count * size));
    for (let from = 0; from < count; from += BATCH) {
      const result = await session.run(rowsOf(inputs, from, Math.min(count, from + BATCH)));
      taught.forEach(({ value }, i) => answers[i]!.set(result[value]!.data as Float32Array, from * sizes[i]!));
    }
    const tensorOf = (dims: readonly number[], data: Float32Array): RunTensor => ({ dtype: "float32", dims: [count, ...dims.slice(1)], data }); // prettier-ignore
    return Object.fromEntries(taught.map(({ name, dims }, i) => [name, tensorOf(dims, answers[i]!)]));
  } finally {
    await session.release();
  }
}

function rowsOf(inputs: RunValues, from: number, to: number): RunValues {
  const rows = (tensor: RunTensor): RunTensor => {
    const size = tensor.data.length / tensor.dims[0]!;
    return {
      ...tensor,
      dims: [to - from, ...tensor.dims.slice(1)],
      data: tensor.data.slice(from * size, to * size),
    };
  };
  return Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [name, rows(tensor)]));
}
