import { floatAttribute, intAttribute, intsAttribute } from "../graph/node.ts";
import { sizeOf } from "../graph/tensor.ts";
import { averagePoolGradient } from "./_pool-gradients.ts";
import { poolLinks } from "./_pool.ts";
import { defineOp, type OpHandler, type TrainContext, type TrainForm } from "./define-op.ts";

/**
 * Mean or p-norm of every window, per channel; padding counts as 0 or not at all. `X, Y: [N, C, …]`.
 * Spec: ONNX AveragePool 1, 7, 10, 11, 19, 22; LpPool 1, 2, 11, 18, 22.
 */
export const averagePools: readonly OpHandler[] = [
  defineOp({
    type: "AveragePool",
    links: poolLinks,
    zero: ([x]) => x === true,
    uniform: ([x], _, { node }) => x === true && intAttribute(node, "count_include_pad", 0) === 0,
    gradient: averagePoolGradient,
  }),
  defineOp({ type: "LpPool", links: poolLinks, zero: ([x]) => x === true, train: lpPoolForm }),
];

/** `(Σ |x|ᵖ)^(1/p)`: the mean over a window that counts its padding, times the window's size. */
function lpPoolForm({ node, g }: TrainContext): TrainForm {
  const p = node.attributes["p"]?.type === "float" ? floatAttribute(node, "p", 2) : intAttribute(node, "p", 2);
  const { p: _, ...attributes } = node.attributes;
  const powers = g.op("Pow", [g.op("Abs", [node.inputs[0]]), g.scalar(p)]);
  const means = g.op("AveragePool", [powers], { ...attributes, count_include_pad: 1 });
  const sums = g.scale(means, sizeOf(intsAttribute(node, "kernel_shape") ?? []));
  return { outputs: [g.op("Pow", [sums, g.scalar(1 / p)])] };
}
