import type { Loss } from "@prune/core";
import { errorLossShape, errorNoLabels } from "../errors.ts";
import { meanOf, outputOf } from "./loss.ts";

export interface RegressionOptions {
  /** Name of the predictions. Default: the first output. */
  readonly output?: string;
}

/** The mean of `(prediction − label)²` over all elements; labels have the shape of the predictions. */
export function meanSquaredError({ output }: RegressionOptions = {}): Loss {
  return {
    name: "mean-squared-error",
    labels: "float32",
    build(op) {
      const [{ g, labels }, prediction] = [op, outputOf(op, output)];
      if (!labels) throw errorNoLabels("mean-squared-error");
      if (labels.dims.join() !== prediction.dims.join()) {
        throw errorLossShape("mean-squared-error", `labels of shape [${prediction.dims.join(", ")}]`, labels.dims);
      }
      const difference = g.sub(prediction.name, labels.name);
      return { loss: meanOf(g, g.mul(difference, difference)) };
    },
  };
}
