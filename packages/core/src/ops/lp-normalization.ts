import { intAttribute } from "../graph/node.ts";
import { inexact, same } from "../solver/link.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/** `input` divided by its p-norm along `axis`. Spec: ONNX LpNormalization 1, 22. */
export const lpNormalization: OpHandler = defineOp({
  type: "LpNormalization",
  links: ({ in: [x], out: [y], node }) =>
    x && y
      ? [
          ...x.dims.map((_, i) => same(x.axis(i), y.axis(i))),
          inexact(x.axis(intAttribute(node, "axis", -1)), "is normalised over by LpNormalization"),
        ]
      : [],
  train: ({ in: [x], node, g }) => {
    if (!x) return undefined;
    const norm = intAttribute(node, "p", 2) === 1 ? "ReduceL1" : "ReduceL2";
    return { outputs: [g.div(x.name, g.reduce(norm, x.name, [x.axis(intAttribute(node, "axis", -1)).axis]))] };
  },
  zero: ([x]) => x === true,
});
