import { floatAttribute, intAttribute } from "@prune/core";
import * as tf from "@tensorflow/tfjs-core";
import { operand, type Kernel } from "../kernel.ts";
import { inOrder, plain, valueOf } from "../value.ts";

const matMul: Kernel = (context) => {
  const [a, b] = [plain(operand(context, 0)), plain(operand(context, 1))];
  const [wide, tall] = [a.rank === 1 ? tf.expandDims(a, 0) : a, b.rank === 1 ? tf.expandDims(b, 1) : b];
  let y = product(wide, tall);
  if (b.rank === 1) y = tf.squeeze(y, [y.rank - 1]);
  if (a.rank === 1) y = tf.squeeze(y, [b.rank === 1 ? y.rank - 1 : y.rank - 2]);
  return [valueOf(y, operand(context, 0).dtype)];
};

/** The product over the last two axes; many rows by one matrix are one product. */
function product(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  if (b.rank !== 2) return tf.matMul(stretched(a, b), stretched(b, a));
  if (a.rank === 2) return tf.matMul(a, b);
  const rows = tf.matMul(tf.reshape(a, [-1, a.shape.at(-1)!]), b);
  return tf.reshape(rows, [...a.shape.slice(0, -1), b.shape[1]!]);
}

/** A stack of matrices as large as another: the wasm backend stretches none. */
function stretched(x: tf.Tensor, other: tf.Tensor): tf.Tensor {
  const rank = Math.max(x.rank, other.rank);
  const at = ({ shape }: tf.Tensor, i: number): number => shape[i - rank + shape.length] ?? 1;
  const batch = Array.from({ length: rank - 2 }, (_, i) => Math.max(at(x, i), at(other, i)));
  const wanted = [...batch, ...x.shape.slice(-2)];
  return String(wanted) === String(x.shape) ? x : tf.broadcastTo(x, wanted);
}

const gemm: Kernel = (context) => {
  const { node } = context;
  const side = (index: number, transposed: string): tf.Tensor =>
    inOrder(operand(context, index), intAttribute(node, transposed, 0) ? [1, 0] : [0, 1]);
  const scale = (x: tf.Tensor, name: string): tf.Tensor => {
    const factor = floatAttribute(node, name, 1);
    return factor === 1 ? x : tf.mul(x, factor);
  };
  const y = scale(tf.matMul(side(0, "transA"), side(1, "transB")), "alpha");
  return [valueOf(context.in[2] ? tf.add(y, scale(plain(context.in[2]), "beta")) : y)];
};

export const linear: Readonly<Record<string, Kernel>> = { MatMul: matMul, Gemm: gemm };
