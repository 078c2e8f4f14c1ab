import { inexact, same } from "../solver/link.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/**
 * Mean, maximum or p-norm over all spatial axes, per channel. `X: [N, C, …]`, `Y: [N, C, 1, …]`.
 * Spec: ONNX GlobalAveragePool 1, 22; GlobalMaxPool 1, 22; GlobalLpPool 1, 2, 22.
 */
export const globalPools: readonly OpHandler[] = ["GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool"].map((type) =>
  defineOp({
    type,
    links: ({ in: [x], out: [y] }) =>
      x && y
        ? [
            same(x.axis(0), y.axis(0)),
            same(x.axis(1), y.axis(1)),
            ...x.dims.slice(2).map((_, i) => inexact(x.axis(i + 2), `is mixed by ${type}`)),
          ]
        : [],
    zero: ([x]) => x === true,
    uniform: ([x]) => x === true && type !== "GlobalLpPool",
  }),
);
