import { type DataSource, feedsFor, floatsIn, type Model, PruneError, type RunTensor } from "@prune/core";

/** How predictions are made. */
export interface ClassifyOptions {
  /** Threads within an operator. Default: the runtime's own choice. */
  readonly threads?: number | undefined;
  /** Hears how many samples are done. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

/**
 * The class that a model finds most likely for every sample: the largest along the last axis of its first output.
 * @throws {PruneError} `bad-data` when that output holds no scores, `runtime-failed`
 */
export async function classify(
  model: Model,
  data: DataSource,
  { threads, onProgress }: ClassifyOptions = {},
): Promise<Int32Array> {
  const { name: output = "", dims, kept } = model.graph.outputs[0] ?? {};
  const left = kept?.get((dims?.length ?? 0) - 1); // classes are those of the model before some of them were cut
  const session = await model.runtime.open(model.graph, threads === undefined ? {} : { threads });
  const classes: number[] = [];
  const fixed = model.graph.inputs.some((v) => typeof v.dims?.[0] === "number");
  try {
    for (let from = 0; from < data.count; from += data.batchSize) {
      const to = Math.min(data.count, from + data.batchSize);
      // A model of fixed batch size gets whole batches: the last one reaches back.
      const start = fixed ? Math.max(0, to - data.batchSize) : from;
      const result = await session.run(feedsFor(model.graph, data.batch(start, to)), [output]);
      const found = argMax(result[output]!, output).map((c) => left?.[c] ?? c);
      const each = found.length / (to - start);
      for (let i = (from - start) * each; i < found.length; i++) classes.push(found[i]!);
      onProgress?.(to);
    }
  } finally {
    await session.release();
  }
  return Int32Array.from(classes);
}

/** Positions of the largest elements along the last axis. */
function argMax(scores: RunTensor, output: string): number[] {
  const { dims } = scores;
  const data = floatsIn(scores) ?? scores.data;
  const size = dims.at(-1) ?? 1;
  if (dims.length < 2 || size < 2) {
    throw new PruneError(
      "bad-data",
      `Output "${output}" has shape [${dims.join(", ")}]; accuracy and agreement need class scores, [N, classes].`,
    );
  }
  return Array.from({ length: data.length / size }, (_, row) => {
    let best = 0;
    for (let i = 1; i < size; i++) if (data[row * size + i]! > data[row * size + best]!) best = i;
    return best;
  });
}
