import { intAttribute } from "../graph/node.ts";
import { pin, same, type Link } from "../solver/link.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/** The index of the largest (smallest) element along `axis`, which stays with size 1 unless `keepdims` is 0. Spec: ONNX ArgMax, ArgMin 1, 11, 12, 13. */
export const argMaxima: readonly OpHandler[] = ["ArgMax", "ArgMin"].map((type) =>
  defineOp({
    type,
    gradient: "none",
    links: ({ in: [x], out: [y], node }) => {
      if (!x || !y) return [];
      const axis = x.axis(intAttribute(node, "axis", 0)).axis;
      const gone = intAttribute(node, "keepdims", 1) ? 0 : 1;
      return x.dims.map((_, i): Link => {
        if (i === axis) return pin(x.axis(i), `has its indices taken by ${type}`);
        return same(x.axis(i), y.axis(i > axis ? i - gone : i));
      });
    },
  }),
);
