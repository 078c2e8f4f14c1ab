import {
  batchesOf,
  type DataSource,
  feedsFor,
  floatsIn,
  hasFixedBatch,
  type Metric,
  type Model,
  PruneError,
} from "@prune/core";

/**
 * How far a network's outputs are from the original's: `Σ (a − b)² / Σ a²` over all outputs of floats and all
 * samples. 0 for the original itself, about 1 for noise of the same size. No labels are needed.
 */
export const divergenceMetric: Metric = {
  name: "divergence",
  better: "lower",
  measure: async (model, data, original) => (model === original ? 0 : divergence(original, model, data)),
};

/** @throws {PruneError} `bad-data` for networks without an output of floats */
async function divergence(original: Model, model: Model, data: DataSource): Promise<number> {
  const names = original.graph.outputs.map(({ name }) => name);
  const [a, b] = [await original.runtime.open(original.graph), await model.runtime.open(model.graph)];
  let [apart, size, count] = [0, 0, 0];
  try {
    for (const [from, to] of batchesOf(data, hasFixedBatch(original.graph))) {
      const values = data.batch(from, to);
      const [before, after] = [
        await a.run(feedsFor(original.graph, values), names),
        await b.run(feedsFor(model.graph, values), names),
      ];
      for (const name of names) {
        const [x, y] = [floatsIn(before[name]!), floatsIn(after[name]!)];
        if (!x || !y) continue;
        count += x.length;
        for (let i = 0; i < x.length; i++) {
          apart += (x[i]! - y[i]!) ** 2;
          size += x[i]! ** 2;
        }
      }
    }
  } finally {
    await a.release();
    await b.release();
  }
  if (!count) throw new PruneError("bad-data", 'Metric "divergence" compares outputs of floats, and the model has none.'); // prettier-ignore
  return apart / Math.max(size, Number.MIN_VALUE);
}
