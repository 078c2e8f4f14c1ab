import { inexact, same } from "../solver/link.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/**
 * `Y = scale · (X − mean) / √(var + ε) + B`, mean and variance over the spatial axes of every channel of every sample.
 * `X, Y: [N, C, …]`, `scale, B: [C]`. Spec: ONNX InstanceNormalization 1, 6, 22.
 */
export const instanceNormalization: OpHandler = defineOp({
  type: "InstanceNormalization",
  links: ({ in: [x, scale, bias], out: [y] }) =>
    x && scale && bias && y
      ? [
          ...x.dims.map((_, i) => same(x.axis(i), y.axis(i))),
          same(scale.axis(0), x.axis(1)),
          same(bias.axis(0), x.axis(1)),
          ...x.dims.slice(2).map((_, i) => inexact(x.axis(i + 2), "is normalised over by InstanceNormalization")),
        ]
      : [],
  scaleInput: 1,
  zero: ([x, scale, bias]) => (x === true || scale === true) && bias === true,
});
