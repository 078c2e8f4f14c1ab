import { type Loss, type LossValue, sizeOf } from "@prune/core";
import { errorBadOption, errorLossShape, errorNoLabels } from "../errors.ts";
import { meanOf, outputOf } from "./loss.ts";

export interface CrossEntropyOptions {
  /** Share of the target that is spread evenly over all classes, in [0, 1). Default 0. Szegedy et al. 2016, arXiv:1512.00567, sec. 7. */
  readonly labelSmoothing?: number;
  /** Name of the logits. Default: the first output. */
  readonly output?: string;
}

/**
 * Cross-entropy of logits `[N, C]`, `[N, C, …]` (images) or `[N, …, C]` (sequences) with integer labels `[N, …]`: the
 * mean over all labels of `−log softmax(logits)[label]`. Its metric is the accuracy.
 */
export function crossEntropy({ labelSmoothing = 0, output }: CrossEntropyOptions = {}): Loss {
  if (!(labelSmoothing >= 0 && labelSmoothing < 1)) {
    throw errorBadOption("labelSmoothing", "at least 0 and below 1", labelSmoothing);
  }
  return {
    name: "cross-entropy",
    labels: "int64",
    metric: { name: "accuracy", better: "higher" },
    build(op) {
      const { g, labels } = op;
      const logits = outputOf(op, output);
      if (!labels) throw errorNoLabels("cross-entropy");
      const axis = classAxis(logits, labels);
      const classes = logits.dims[axis]!;
      const logarithms = g.op("LogSoftmax", [logits.name], { axis });
      const hot = g.op("OneHot", [labels.name, g.ints([classes], []), g.floats([0, 1])], { axis });
      const target = g.shift(g.scale(hot, 1 - labelSmoothing), labelSmoothing / classes);
      const total = g.op("ReduceSum", [g.mul(target, logarithms)], { keepdims: 0 });
      const hits = g.op("Equal", [g.op("ArgMax", [logits.name], { axis, keepdims: 0 }), labels.name]);
      return {
        loss: g.scale(total, -1 / sizeOf(labels.dims)),
        metric: meanOf(g, g.op("Cast", [hits], { to: 1 })),
      };
    },
  };
}

/** The axis that the labels lack. */
function classAxis({ dims }: LossValue, labels: LossValue): number {
  const without = (axis: number): string => dims.filter((_, i) => i !== axis).join();
  const axis = [1, dims.length - 1].find((i) => without(i) === labels.dims.join());
  if (axis === undefined || dims.length < 2) {
    throw errorLossShape(
      "cross-entropy",
      `labels with the axes of the logits [${dims.join(", ")}] but one`,
      labels.dims,
    );
  }
  return axis;
}
