import { same } from "../solver/link.ts";
import { allZero, firstUniform } from "./_broadcast.ts";
import { reshapeForm, reshapeGradient } from "./_gradients.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/**
 * `data` without some of its axes of size 1, or (Unsqueeze) with more of them. What remains are the same axes in the
 * same order; which ones come or go (an attribute before opset 13, an input since) makes no difference to the links,
 * and a cut does not change it. Spec: ONNX Squeeze and Unsqueeze 1, 11, 13.
 */
export const squeezes: readonly OpHandler[] = ["Squeeze", "Unsqueeze"].map((type) =>
  defineOp({
    type,
    shapeInputs: [1],
    moves: true,
    links: ({ in: [x], out: [y] }) => {
      if (!x || !y) return [];
      const long = (v: typeof x): number[] => v.dims.flatMap((size, i) => (size > 1 ? [i] : []));
      const to = long(y);
      return long(x).map((i, n) => same(x.axis(i), y.axis(to[n]!)));
    },
    origin: () => (index) => index,
    gradient: reshapeGradient,
    train: reshapeForm,
    zero: ([x]) => allZero([x]),
    uniform: firstUniform,
  }),
);
