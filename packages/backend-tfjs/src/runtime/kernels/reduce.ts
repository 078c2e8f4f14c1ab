import { intAttribute, intsAttribute } from "@prune/core";
import * as tf from "@tensorflow/tfjs-core";
import { operand, type Kernel } from "../kernel.ts";
import { dimsOf, inOrder, inverse, numbersOf, plain, valueOf } from "../value.ts";

type Reduction = (x: tf.Tensor, axes: number[], keep: boolean) => tf.Tensor;

const reduction =
  (f: Reduction): Kernel =>
  (context) => {
    const x = operand(context, 0);
    const rank = dimsOf(x).length;
    const given = context.in[1] ? numbersOf(context.in[1]) : (intsAttribute(context.node, "axes") ?? []);
    if (!given.length && intAttribute(context.node, "noop_with_empty_axes", 0) === 1) return [x];
    const all = Array.from({ length: rank }, (_, i) => i);
    const axes = given.length ? given.map((axis) => (axis < 0 ? axis + rank : axis)) : all;
    const keep = intAttribute(context.node, "keepdims", 1) === 1;
    // Where the axes lie in the tensor does not matter to a sum; with all kept, their order survives it.
    if (x.perm && keep) {
      return [
        valueOf(
          f(
            x.tensor,
            axes.map((axis) => x.perm![axis]!),
            true,
          ),
          x.dtype,
          x.perm,
        ),
      ];
    }
    return [valueOf(f(plain(x), axes, keep), x.dtype)];
  };

const REDUCTIONS: Readonly<Record<string, Reduction>> = {
  ReduceSum: (x, axes, keep) => tf.sum(x, axes, keep),
  ReduceMean: (x, axes, keep) => tf.mean(x, axes, keep),
  ReduceMax: (x, axes, keep) => tf.max(x, axes, keep),
  ReduceMin: (x, axes, keep) => tf.min(x, axes, keep),
  ReduceProd: (x, axes, keep) => tf.prod(x, axes, keep),
  ReduceL1: (x, axes, keep) => tf.sum(tf.abs(x), axes, keep),
  ReduceL2: (x, axes, keep) => tf.sqrt(tf.sum(tf.square(x), axes, keep)),
  ReduceSumSquare: (x, axes, keep) => tf.sum(tf.square(x), axes, keep),
  ReduceLogSum: (x, axes, keep) => tf.log(tf.sum(x, axes, keep)),
  ReduceLogSumExp: (x, axes, keep) => tf.logSumExp(x, axes, keep),
};

const extreme =
  (f: (x: tf.Tensor, axis: number) => tf.Tensor): Kernel =>
  (context) => {
    const x = plain(operand(context, 0));
    const axis = intAttribute(context.node, "axis", 0);
    const y = f(x, axis < 0 ? axis + x.rank : axis);
    return [valueOf(intAttribute(context.node, "keepdims", 1) === 1 ? tf.expandDims(y, axis) : y, "int64")];
  };

const topK: Kernel = (context) => {
  const x = operand(context, 0);
  const rank = dimsOf(x).length;
  const given = intAttribute(context.node, "axis", -1);
  const axis = given < 0 ? given + rank : given;
  const order = [...Array.from({ length: rank }, (_, i) => i).filter((i) => i !== axis), axis];
  const largest = intAttribute(context.node, "largest", 1) === 1;
  const from = inOrder(x, order);
  const { values, indices } = tf.topk(largest ? from : tf.neg(from), numbersOf(operand(context, 1))[0]);
  const back = inverse(order);
  return [valueOf(largest ? values : tf.neg(values), x.dtype, back), valueOf(indices, "int64", back)];
};

const cumSum: Kernel = (context) => {
  const x = operand(context, 0);
  const axis = numbersOf(operand(context, 1))[0]!;
  const flag = (name: string): boolean => intAttribute(context.node, name, 0) === 1;
  const y = tf.cumsum(plain(x), axis < 0 ? axis + dimsOf(x).length : axis, flag("exclusive"), flag("reverse"));
  return [valueOf(y, x.dtype)];
};

export const reductions: Readonly<Record<string, Kernel>> = {
  ...Object.fromEntries(Object.entries(REDUCTIONS).map(([type, f]) => [type, reduction(f)])),
  ArgMax: extreme((x, axis) => tf.argMax(x, axis)),
  ArgMin: extreme((x, axis) => tf.argMin(x, axis)),
  TopK: topK,
  CumSum: cumSum,
};
