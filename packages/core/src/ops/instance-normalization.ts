import { floatAttribute } from "../graph/node.ts";
import { normalized } from "./_normalization-forms.ts";
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
  train: ({ in: [x, scale, bias], node, g }) => {
    if (!x || !scale || !bias) return undefined;
    const axes = x.dims.map((_, i) => i).slice(2);
    const { value } = normalized(g, x.name, axes, floatAttribute(node, "epsilon", 1e-5));
    const wide = (v: string): string => g.reshape(v, [x.dim(1), ...axes.map(() => 1)]);
    return { outputs: [g.add(g.mul(value, wide(scale.name)), wide(bias.name))] };
  },
  scaleInput: 1,
  zero: ([x, scale, bias]) => (x === true || scale === true) && bias === true,
});
