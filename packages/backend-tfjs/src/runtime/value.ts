import type { DType } from "@prune/core";
import * as tf from "@tensorflow/tfjs-core";

/**
 * A value while a graph runs. Its axes are those of `tensor` in the order `perm`: a Transpose only composes orders, and
 * an operator that wants channels last gets them without a copy where the graph had them last before.
 */
export interface Value {
  readonly tensor: tf.Tensor;
  /** By ONNX's names; integers of every width are int32 in TensorFlow.js. */
  readonly dtype: DType;
  /** Axis i of the value is axis `perm[i]` of the tensor. Default: the same. */
  readonly perm?: readonly number[] | undefined;
  /** Whether it is the same in every run. */
  readonly fixed?: boolean | undefined;
}

/** A value over a tensor, of the type that its elements have. */
export const valueOf = (tensor: tf.Tensor, dtype: DType = dtypeOf(tensor), perm?: readonly number[]): Value => ({
  tensor,
  dtype,
  perm: perm && !isIdentity(perm) ? perm : undefined,
});

/** Integers are int64 unless somebody knows better: that is what ONNX has for shapes, axes and indices. */
const dtypeOf = (tensor: tf.Tensor): DType =>
  tensor.dtype === "int32" ? "int64" : tensor.dtype === "bool" ? "bool" : "float32";

/** Sizes of the value's axes. */
export const dimsOf = ({ tensor, perm }: Value): number[] =>
  perm ? perm.map((axis) => tensor.shape[axis]!) : tensor.shape;

/** The tensor with the value's axes in a given order. */
export function inOrder({ tensor, perm }: Value, order: readonly number[]): tf.Tensor {
  const axes = perm ? order.map((axis) => perm[axis]!) : [...order];
  return isIdentity(axes) ? tensor : tf.transpose(tensor, axes);
}

/** The tensor with the value's axes in their own order. */
export const plain = (value: Value): tf.Tensor =>
  value.perm
    ? inOrder(
        value,
        value.perm.map((_, i) => i),
      )
    : value.tensor;

/** The value's elements as numbers; for shapes, axes and other small operands. */
export const numbersOf = (value: Value): number[] => Array.from(plain(value).dataSync());

const isIdentity = (perm: readonly number[]): boolean => perm.every((axis, i) => axis === i);

/** The order that undoes another. */
export function inverse(perm: readonly number[]): number[] {
  const back: number[] = [];
  perm.forEach((axis, i) => (back[axis] = i));
  return back;
}
