import { intsAttribute } from "../graph/node.ts";
import { inexact, same } from "../solver/link.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/** `(X − mean) / deviation`, both over `axes` (default N and the spatial axes of an image). Spec: ONNX MeanVarianceNormalization 9, 13. */
export const meanVarianceNormalization: OpHandler = defineOp({
  type: "MeanVarianceNormalization",
  links: ({ in: [x], out: [y], node }) =>
    x && y
      ? [
          ...x.dims.map((_, i) => same(x.axis(i), y.axis(i))),
          ...(intsAttribute(node, "axes") ?? [0, 2, 3]).map((i) =>
            inexact(x.axis(i), "is normalised over by MeanVarianceNormalization"),
          ),
        ]
      : [],
});
