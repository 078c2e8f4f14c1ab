import { type Metric, PruneError } from "@prune/core";
import { classify } from "./classify.ts";

/**
 * Fraction of predictions that are the label: top-1 accuracy.
 * @throws {PruneError} `bad-data` when there are not as many labels as predictions
 */
export function accuracy(predicted: Int32Array, labels: Int32Array): number {
  if (predicted.length !== labels.length) {
    throw new PruneError("bad-data", `There are ${labels.length} labels for ${predicted.length} predictions.`);
  }
  return agreement(predicted, labels);
}

/** Fraction of positions at which two lists are equal: how often two models pick the same class. */
export function agreement(a: Int32Array, b: Int32Array): number {
  return a.reduce((n, x, i) => n + (x === b[i] ? 1 : 0), 0) / a.length;
}

/** {@link accuracy} as a metric. */
export const accuracyMetric: Metric = {
  name: "accuracy",
  needsLabels: true,
  measure: async (model, data) => accuracy(await classify(model, data), data.labels!),
};
