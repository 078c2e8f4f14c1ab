import { inexact, same } from "../solver/link.ts";
import { intAttribute } from "../graph/node.ts";
import { defineOp, type OpHandler, type TrainContext, type TrainForm } from "./define-op.ts";

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
    train: (op) => globalForm(op),
    zero: ([x]) => x === true,
    uniform: ([x]) => x === true && type !== "GlobalLpPool",
  }),
);

/** A reduction over the spatial axes. */
function globalForm({ node, in: [x], g }: TrainContext): TrainForm | undefined {
  if (!x) return undefined;
  const axes = x.dims.map((_, i) => i).slice(2);
  if (node.opType === "GlobalMaxPool") return { outputs: [g.reduce("ReduceMax", x.name, axes)] };
  if (node.opType === "GlobalAveragePool") return { outputs: [g.reduce("ReduceMean", x.name, axes)] };
  const p = intAttribute(node, "p", 2);
  const powers = g.op("Pow", [g.op("Abs", [x.name]), g.scalar(p)]);
  return { outputs: [g.op("Pow", [g.reduce("ReduceSum", powers, axes), g.scalar(1 / p)])] };
}
