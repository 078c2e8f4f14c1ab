import { batchesOf, type DataSource } from "../data.ts";
import type { Graph } from "../graph/graph.ts";
import { feedsFor } from "../plan/slice-value.ts";
import type { Runtime, RunValues } from "../model.ts";

/** Whether a graph takes a fixed number of samples at a time. */
export const hasFixedBatch = (graph: Graph): boolean => graph.inputs.some((v) => typeof v.dims?.[0] === "number");

/**
 * Runs a graph over all samples and hands every batch's results on. A network that is not in memory takes samples one by
 * one, unless its batch size is fixed, so that what its layers yield does not take more room than they do.
 */
export async function runOver(
  runtime: Runtime,
  graph: Graph,
  data: DataSource,
  onBatch: (values: RunValues, samples: number) => void,
  onProgress?: (done: number, total: number) => void,
): Promise<void> {
  const session = await runtime.open(graph);
  try {
    if (session.over) {
      const fixed = hasFixedBatch(graph);
      const ranges = batchesOf(fixed ? data : { ...data, batchSize: 1 }, fixed);
      const feeds = ranges.map(
        ([from, to]) =>
          () =>
            data.batch(from, to),
      );
      await session.over(feeds, (values, i) => {
        const [from, to] = ranges[i]!;
        onBatch(values, to - from);
        onProgress?.(to, data.count);
      });
      return;
    }
    for (const [from, to] of batchesOf(data, hasFixedBatch(graph))) {
      onBatch(await session.run(feedsFor(graph, data.batch(from, to))), to - from);
      onProgress?.(to, data.count);
    }
  } finally {
    await session.release();
  }
}
