import type { RunTensor, RunValues } from "./model.ts";

/** Samples for a model, a batch at a time: calibration, training or evaluation data. */
export interface DataSource {
  /** Number of samples. */
  readonly count: number;
  /** Samples per batch that the model was made for, or that keep memory small. */
  readonly batchSize: number;
  /** Classes, where the data has labels, sample by sample. */
  readonly labels?: Int32Array | undefined;
  /** Sizes of the labels of one sample, such as the tokens that come next in a text. Default []: one label each. */
  readonly labelDims?: readonly number[] | undefined;
  /** Samples `from` to `to` (not included), as the model takes them. */
  readonly batch: (from: number, to: number) => RunValues;
}

/**
 * The ranges of a data source's batches, in order. A model of fixed batch size gets whole batches only: what is left
 * over at the end is passed over.
 */
export function batchesOf(data: DataSource, fixed: boolean): [from: number, to: number][] {
  const ranges: [number, number][] = [];
  for (let from = 0; from < data.count; from += data.batchSize) {
    const to = Math.min(data.count, from + data.batchSize);
    if (!fixed || to - from === data.batchSize) ranges.push([from, to]);
  }
  return ranges;
}

/** The labels of samples `from` to `to` (not included). */
export function labelsOf(
  { count, labels, labelDims = [] }: DataSource,
  from: number,
  to: number,
): RunTensor | undefined {
  if (!labels) return undefined;
  const each = labels.length / count;
  return { dtype: "int32", dims: [to - from, ...labelDims], data: labels.subarray(from * each, to * each) };
}

/** The first `count` samples of a data source; all of them when it has fewer. */
export function firstOf(data: DataSource, count: number): DataSource {
  const kept = Math.min(count, data.count);
  return {
    count: kept,
    batchSize: Math.min(data.batchSize, kept),
    labels: data.labels?.subarray(0, (data.labels.length / data.count) * kept),
    labelDims: data.labelDims,
    batch: (from, to) => data.batch(from, to),
  };
}
