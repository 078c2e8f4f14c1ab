import type { Loss } from "@prune/core";
import { errorLossShape, errorNoLabels } from "../errors.ts";
import { meanOf, outputOf } from "./loss.ts";
import type { RegressionOptions } from "./mean-squared-error.ts";

/**
 * Binary cross-entropy of logits with labels in [0, 1] of the same shape: the mean of `softplus(x) − x · y`, which is
 * `−y log σ(x) − (1 − y) log(1 − σ(x))` without its overflow. Its metric is the accuracy at σ(x) = 1/2.
 */
export function binaryCrossEntropy({ output }: RegressionOptions = {}): Loss {
  return {
    name: "binary-cross-entropy",
    labels: "float32",
    metric: { name: "accuracy", better: "higher" },
    build(op) {
      const [{ g, labels }, logits] = [op, outputOf(op, output)];
      if (!labels) throw errorNoLabels("binary-cross-entropy");
      if (labels.dims.join() !== logits.dims.join()) {
        throw errorLossShape("binary-cross-entropy", `labels of shape [${logits.dims.join(", ")}]`, labels.dims);
      }
      const above = (x: string, limit: number): string => g.op("Greater", [x, g.scalar(limit)]);
      const hits = g.op("Equal", [above(logits.name, 0), above(labels.name, 0.5)]);
      return {
        loss: meanOf(g, g.sub(g.op("Softplus", [logits.name]), g.mul(logits.name, labels.name))),
        metric: meanOf(g, g.op("Cast", [hits], { to: 1 })),
      };
    },
  };
}
