import { floatAttribute, intAttribute } from "@prune/core";
import * as tf from "@tensorflow/tfjs-core";
import { operand, type Kernel } from "../kernel.ts";
import { dimsOf, inOrder, inverse, plain, valueOf } from "../value.ts";
import { channelsFirst, channelsLast } from "./conv.ts";

const batchNormalization: Kernel = (context) => {
  const x = operand(context, 0);
  const [scale, offset, mean, variance] = [1, 2, 3, 4].map((i) => plain(operand(context, i)) as tf.Tensor1D);
  const epsilon = floatAttribute(context.node, "epsilon", 1e-5);
  const rank = dimsOf(x).length;
  const input = rank > 2 ? channelsLast(x) : plain(x);
  const y = tf.batchNorm(input, mean!, variance!, offset, scale, epsilon);
  return [rank > 2 ? channelsFirst(y) : valueOf(y)];
};

const layerNormalization: Kernel = (context) => {
  const x = plain(operand(context, 0));
  const axis = intAttribute(context.node, "axis", -1);
  const first = axis < 0 ? axis + x.rank : axis;
  const axes = Array.from({ length: x.rank - first }, (_, i) => first + i);
  const { mean, variance } = tf.moments(x, axes, true);
  const normal = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, floatAttribute(context.node, "epsilon", 1e-5))));
  const scaled = tf.mul(normal, plain(operand(context, 1)));
  return [valueOf(context.in[2] ? tf.add(scaled, plain(context.in[2])) : scaled)];
};

const softmax =
  (f: (x: tf.Tensor) => tf.Tensor): Kernel =>
  (context) => {
    const x = operand(context, 0);
    const rank = dimsOf(x).length;
    const given = intAttribute(context.node, "axis", -1);
    const axis = given < 0 ? given + rank : given;
    const order = [...Array.from({ length: rank }, (_, i) => i).filter((i) => i !== axis), axis];
    return [valueOf(f(inOrder(x, order)), x.dtype, inverse(order))];
  };

const localResponse: Kernel = (context) => {
  const { node } = context;
  const size = intAttribute(node, "size", 1);
  const [alpha, beta, bias] = [
    floatAttribute(node, "alpha", 1e-4),
    floatAttribute(node, "beta", 0.75),
    floatAttribute(node, "bias", 1),
  ];
  const x = channelsLast(operand(context, 0)) as tf.Tensor4D;
  return [channelsFirst(tf.localResponseNormalization(x, (size - 1) / 2, bias, alpha / size, beta))];
};

export const normalizations: Readonly<Record<string, Kernel>> = {
  BatchNormalization: batchNormalization,
  LayerNormalization: layerNormalization,
  LRN: localResponse,
  Softmax: softmax((x) => tf.softmax(x)),
  LogSoftmax: softmax((x) => tf.logSoftmax(x)),
};
