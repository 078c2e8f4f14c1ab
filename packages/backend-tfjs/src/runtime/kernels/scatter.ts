import { intAttribute, stringAttribute } from "@prune/core";
import * as tf from "@tensorflow/tfjs-core";
import { errorOperator } from "../../errors.ts";
import { operand, type Kernel, type KernelContext } from "../kernel.ts";
import { dimsOf, plain, valueOf } from "../value.ts";

const sizeOf = (dims: readonly number[]): number => dims.reduce((a, b) => a * b, 1);

/** Indices that count from the end, from the start. */
function forward(indices: tf.Tensor, sizes: number | tf.Tensor): tf.Tensor {
  const whole = tf.cast(indices, "int32");
  return tf.where(tf.less(whole, 0), tf.add(whole, tf.cast(sizes, "int32")), whole);
}

/** `data` with what stands at some places, `[…, places' rank]`, replaced by or added to. */
function scattered(context: KernelContext, data: tf.Tensor, places: tf.Tensor, updates: tf.Tensor): tf.Tensor {
  const { node } = context;
  const reduction = stringAttribute(node, "reduction", "none");
  if (reduction !== "none" && reduction !== "add")
    throw errorOperator(node, `reduction "${reduction}" is not supported`);
  const at = places as tf.Tensor2D;
  if (reduction === "add") return tf.add(data, tf.scatterND(at, updates, data.shape));
  return tf.tensorScatterUpdate(data, at, updates);
}

/** For each element of `indices`, where in the flat `x` it points along an axis. Axes but that one go by its own place. */
function flatPlaces(context: KernelContext): tf.Tensor1D {
  const [x, indices] = [operand(context, 0), plain(operand(context, 1))];
  const dims = dimsOf(x);
  const given = intAttribute(context.node, "axis", 0);
  const axis = given < 0 ? given + dims.length : given;
  const along = tf.mul(forward(indices, dims[axis]!), tf.scalar(sizeOf(dims.slice(axis + 1)), "int32"));
  if (indices.rank === 1) return tf.reshape(along, [-1]);
  const others = new Int32Array(indices.size);
  const strides = dims.map((_, i) => (i === axis ? 0 : sizeOf(dims.slice(i + 1))));
  for (let flat = 0; flat < others.length; flat++) {
    let rest = flat;
    for (let i = dims.length - 1; i >= 0; i--) {
      const size = indices.shape[i]!;
      others[flat]! += (rest % size) * strides[i]!;
      rest = Math.floor(rest / size);
    }
  }
  return tf.reshape(tf.add(along, tf.tensor(others, indices.shape, "int32")), [-1]);
}

const gatherElements: Kernel = (context) => {
  const x = operand(context, 0);
  const picked = tf.gather(tf.reshape(plain(x), [-1]), flatPlaces(context));
  return [valueOf(tf.reshape(picked, dimsOf(operand(context, 1))), x.dtype)];
};

const scatterElements: Kernel = (context) => {
  const [x, updates] = [operand(context, 0), plain(operand(context, 2))];
  const places = tf.expandDims(flatPlaces(context), 1);
  const flat = scattered(context, tf.reshape(plain(x), [-1]), places, tf.reshape(updates, [-1]));
  return [valueOf(tf.reshape(flat, dimsOf(x)), x.dtype)];
};

const scatterNd: Kernel = (context) => {
  const [x, indices, updates] = [operand(context, 0), plain(operand(context, 1)), plain(operand(context, 2))];
  const dims = dimsOf(x);
  const depth = indices.shape.at(-1)!;
  const places = forward(indices, tf.tensor1d(dims.slice(0, depth), "int32"));
  const rest = dims.slice(depth);
  const rows = tf.reshape(updates, [-1, ...rest]);
  return [valueOf(scattered(context, plain(x), tf.reshape(places, [-1, depth]), rows), x.dtype)];
};

export const scatters: Readonly<Record<string, Kernel>> = {
  GatherElements: gatherElements,
  ScatterElements: scatterElements,
  ScatterND: scatterNd,
};
