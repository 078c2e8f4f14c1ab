import { inexact, same } from "../solver/link.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/** Local response normalisation: every channel is divided by a power of its neighbours' squares. `X, Y: [N, C, …]`. Spec: ONNX LRN 1, 13. */
export const lrn: OpHandler = defineOp({
  type: "LRN",
  links: ({ in: [x], out: [y] }) =>
    x && y
      ? [
          ...x.dims.map((_, i) => same(x.axis(i), y.axis(i))),
          inexact(x.axis(1), "is normalised over its neighbours by LRN"),
        ]
      : [],
  zero: ([x]) => x === true,
});
