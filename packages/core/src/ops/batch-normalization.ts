import { same } from "../solver/link.ts";
import { defineOp } from "./define-op.ts";

/**
 * `Y = scale · (X − mean) / √(var + ε) + B` per channel. `X, Y: [N, C, …]`, the parameters `[C]`.
 * Spec: ONNX BatchNormalization 7, 9, 14, 15 (inference form).
 */
export const batchNormalization = defineOp({
  type: "BatchNormalization",
  links: ({ in: [x, ...parameters], out: [y] }) => {
    if (!x || !y) return [];
    const channel = x.rank > 1 ? 1 : 0;
    return [
      ...x.dims.map((_, i) => same(x.axis(i), y.axis(i))),
      ...parameters.flatMap((p) => (p ? [same(p.axis(0), x.axis(channel))] : [])),
    ];
  },
  zero: ([, scale, bias]) => scale === true && bias === true,
});
