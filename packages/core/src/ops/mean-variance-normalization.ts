import { intsAttribute } from "../graph/node.ts";
import { inexact, same } from "../solver/link.ts";
import { normalized } from "./_normalization-forms.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/**
 * `(X − mean) / deviation`, both over `axes` (default N and the spatial axes of an image). There is no ε: a slice that is
 * the same throughout, as one without weights is, gives 0 / 0, so a cut of the other axes is not exact either.
 * Spec: ONNX MeanVarianceNormalization 9, 13.
 */
export const meanVarianceNormalization: OpHandler = defineOp({
  type: "MeanVarianceNormalization",
  train: ({ in: [x], node, g }) => {
    if (!x) return undefined;
    const axes = (intsAttribute(node, "axes") ?? [0, 2, 3]).map((i) => x.axis(i).axis);
    return { outputs: [normalized(g, x.name, axes, 1e-9).value] };
  },
  links: ({ in: [x], out: [y], node }) => {
    if (!x || !y) return [];
    const mixed = new Set((intsAttribute(node, "axes") ?? [0, 2, 3]).map((i) => x.axis(i).axis));
    return x.dims.flatMap((_, i) => [
      same(x.axis(i), y.axis(i)),
      inexact(
        x.axis(i),
        mixed.has(i)
          ? "is normalised over by MeanVarianceNormalization"
          : "is normalised by MeanVarianceNormalization, undefined where nothing varies",
      ),
    ]);
  },
});
