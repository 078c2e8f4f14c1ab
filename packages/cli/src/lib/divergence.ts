import {
  batchesOf,
  type DataSource,
  hasFixedBatch,
  type Metric,
  type Model,
  PruneError,
  type RunTensor,
} from "@prune/core";

/**
 * How far a network's outputs are from the original's: `Σ (a − b)² / Σ a²` over all outputs of 32 or 64-bit floats and
 * all samples. 0 for the original itself, about 1 for noise of the same size. No labels are needed.
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
      const [before, after] = [await a.run(values, names), await b.run(values, names)];
      for (const name of names) {
        const [x, y] = [before[name]!, after[name]!];
        if (!isFloat(x)) continue;
        count += x.data.length;
        for (let i = 0; i < x.data.length; i++) {
          const value = x.data[i] as number;
          apart += (value - (y.data[i] as number)) ** 2;
          size += value ** 2;
        }
      }
    }
  } finally {
    await a.release();
    await b.release();
  }
  if (!count) throw new PruneError("bad-data", 'Metric "divergence" compares outputs of 32 or 64-bit floats, and the model has none.'); // prettier-ignore
  return apart / Math.max(size, Number.MIN_VALUE);
}

const isFloat = ({ dtype }: RunTensor): boolean => dtype === "float32" || dtype === "float64";
