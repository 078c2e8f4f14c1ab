import { intAttribute } from "../graph/node.ts";
import { pin, same, type Link } from "../solver/link.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/** `indices` with a new axis (`axis`, default the last) of `depth` elements that is on at the index. Spec: ONNX OneHot 9, 11. */
export const oneHot: OpHandler = defineOp({
  type: "OneHot",
  shapeInputs: [1],
  gradient: "none",
  links: ({ in: [x], out: [y], node }) => {
    if (!x || !y) return [];
    const axis = y.axis(intAttribute(node, "axis", -1)).axis;
    return y.dims.map((_, i): Link => {
      if (i === axis) return pin(y.axis(i), "is addressed by indices (OneHot)");
      return same(x.axis(i > axis ? i - 1 : i), y.axis(i));
    });
  },
});
