import { intAttribute } from "../graph/node.ts";
import { merge } from "../solver/link.ts";
import { allZero, firstUniform } from "./_broadcast.ts";
import { reshapeGradient } from "./_gradients.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/** `Y: [d0·…·d(axis−1), d(axis)·…]`, row-major; `axis` defaults to 1 and may be negative. Spec: ONNX Flatten 1, 9, 11, 13. */
export const flatten: OpHandler = defineOp({
  type: "Flatten",
  moves: true,
  links: ({ in: [x], out: [y], node }) => {
    if (!x || !y) return [];
    const axis = intAttribute(node, "axis", 1);
    const axes = x.dims.map((_, i) => x.axis(i));
    const cut = axis < 0 ? axis + x.rank : axis;
    return [merge(axes.slice(0, cut), y.axis(0)), merge(axes.slice(cut), y.axis(1))];
  },
  origin: () => (index) => index,
  gradient: reshapeGradient,
  zero: ([x]) => allZero([x]),
  uniform: firstUniform,
});
