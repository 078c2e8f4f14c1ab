import { type DataSource, generator, permutation, type RunTensor, type ValueInfo } from "@prune/core";
import * as tf from "@tensorflow/tfjs-core";
import { errorLabelsEach } from "../errors.ts";
import { feed } from "../runtime/tensors.ts";

/** One step's samples, as `fitDataset` takes them. */
interface Batch {
  readonly xs: tf.Tensor[];
  readonly ys: tf.Tensor;
}

/** What `fitDataset` and `evaluateDataset` read. */
export interface Batches {
  iterator(): Promise<{ next(): Promise<{ readonly value: Batch | null; readonly done: boolean }> }>;
}

interface Samples {
  readonly data: DataSource;
  /** The model's inputs, in its order. */
  readonly inputs: readonly ValueInfo[];
  readonly classes: number;
  readonly batchSize: number;
}

/** Samples in memory, to be read by their numbers; labels become rows of one 1 each. */
export function batchesOf({
  data,
  inputs,
  classes,
  batchSize,
}: Samples): (indices: Uint32Array, seed?: number) => Batches {
  const all = data.batch(0, data.count);
  const labels = data.labels!;
  if (labels.length !== data.count) throw errorLabelsEach(labels.length, data.count);
  const take = (rows: Uint32Array): Batch => {
    const hot = new Float32Array(rows.length * classes);
    rows.forEach((row, i) => (hot[i * classes + labels[row]!] = 1));
    const xs = inputs.map(({ name }) => feed(name, rowsOf(all[name]!, rows)).tensor);
    return { xs, ys: tf.tensor2d(hot, [rows.length, classes]) };
  };
  // With a seed in another order in every pass, without what is left over at its end.
  return (indices, seed) => {
    let pass = 0;
    return {
      iterator() {
        pass++;
        const order = seed === undefined ? indices : permutation(indices.length, generator(seed + 1000003 * pass)).map((i) => indices[i]!); // prettier-ignore
        const end = seed === undefined ? order.length : order.length - (order.length % batchSize);
        let at = 0;
        return Promise.resolve({
          next() {
            if (at >= end) return Promise.resolve({ value: null, done: true });
            const value = take(order.subarray(at, Math.min(end, (at += batchSize))));
            return Promise.resolve({ value, done: false });
          },
        });
      },
    };
  };
}

function rowsOf({ dtype, dims, data }: RunTensor, rows: Uint32Array): RunTensor {
  const size = data.length / dims[0]!;
  const source = data as Float32Array;
  const taken = new (source.constructor as Float32ArrayConstructor)(rows.length * size);
  rows.forEach((row, i) => taken.set(source.subarray(row * size, (row + 1) * size), i * size));
  return { dtype, dims: [rows.length, ...dims.slice(1)], data: taken };
}
