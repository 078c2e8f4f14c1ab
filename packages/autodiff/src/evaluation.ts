import { type RunValues, type Runtime, sizeOf, type Steps, stepsOf, type ValueInfo } from "@prune/core";
import { answeredBy } from "./answers.ts";
import { Batch, batchDims, type TrainingData } from "./data.ts";
import { forward, type ForwardOptions } from "./forward.ts";

/** Means over samples. */
export interface Score {
  readonly loss: number;
  readonly metric: number | undefined;
}

/** Measures the loss on held-out samples, with the weights of any moment and stored statistics. */
export interface Evaluation {
  of(weights: RunValues): Promise<Score>;
  release(): Promise<void>;
}

/**
 * Prepares an evaluation of some samples of the data: a session for whole batches and, where some are left over, one for
 * those, since a training graph has one batch size.
 */
export async function evaluation(
  options: Omit<ForwardOptions, "dims" | "labels" | "batchStatistics">,
  runtime: Runtime,
  data: TrainingData,
  indices: Uint32Array,
  batchSize: number,
  weights: readonly { readonly name: string; readonly dims: readonly number[] }[],
  threads: number | undefined,
): Promise<Evaluation> {
  const size = Math.min(batchSize, indices.length);
  const rest = indices.length % size;
  const parts = [size, ...(rest ? [rest] : [])].map(async (batch) => {
    const dims = Object.fromEntries(
      Object.entries(data.inputs).map(([name, tensor]) => [name, batchDims(tensor, batch)]),
    );
    const labels = data.labels && batchDims(data.labels, batch);
    const made = await forward({ ...options, dims, labels, batchStatistics: false });
    const fed = weights.map(({ name, dims: shape }): ValueInfo => ({ name, dtype: "float32", dims: shape }));
    const fetches = [made.loss, ...(made.metric === undefined ? [] : [made.metric])];
    const graph = made.graphOf(fetches, [...fed, ...answeredBy(data, made.taught)]);
    const session = await runtime.open(graph, { background: true, ...(threads === undefined ? {} : { threads }) });
    return { batch, session, fetches, samples: new Batch(data, batch) };
  });
  const sessions = await Promise.all(parts);
  return {
    async of(values) {
      const kept = Object.fromEntries(weights.map(({ name }) => [name, values[name]!]));
      const sums = [0, 0];
      let start = 0;
      for (const { batch, session, fetches, samples } of sessions) {
        const steps: Steps = await stepsOf(session, kept, {});
        for (; start + batch <= indices.length; start += batch) {
          const result = await steps.run(samples.take(indices.subarray(start, start + batch)), fetches);
          fetches.forEach((name, i) => (sums[i]! += numberOf(result, name) * batch));
        }
      }
      const metric = sessions[0]!.fetches.length > 1 ? sums[1]! / indices.length : undefined;
      return { loss: sums[0]! / indices.length, metric };
    },
    async release() {
      for (const { session } of sessions) await session.release();
    },
  };
}

/** The number that a scalar result holds. */
export function numberOf(values: RunValues, name: string): number {
  const { data, dims } = values[name]!;
  return sizeOf(dims) === 1 ? Number(data[0]) : NaN;
}
