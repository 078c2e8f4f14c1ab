import { intsAttribute } from "@prune/core";
import * as tf from "@tensorflow/tfjs-core";
import { operand, type Kernel, type KernelContext } from "../kernel.ts";
import { dimsOf, inOrder, numbersOf, plain, valueOf, type Value } from "../value.ts";
import { groupsOf, isPadded, windowsOf, type Windows } from "./windows.ts";

/** Channels last, of a value that has them second. */
const lastOrder = (rank: number): number[] => [0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2), 1];
/** Where the axes of a value that has channels second are in a tensor that has them last. */
const firstOrder = (rank: number): number[] => [0, rank - 1, ...Array.from({ length: rank - 2 }, (_, i) => i + 1)];

/** A tensor with channels last as a value that has them second. */
export const channelsFirst = (tensor: tf.Tensor, dtype: Value["dtype"] = "float32"): Value =>
  valueOf(tensor, dtype, firstOrder(tensor.rank));

/** The tensor of a value that has channels second, with channels last. */
export const channelsLast = (value: Value): tf.Tensor => inOrder(value, lastOrder(dimsOf(value).length));

const conv: Kernel = (context) => {
  const [x, w, b] = [operand(context, 0), operand(context, 1), context.in[2]];
  const [dims, kernel] = [dimsOf(x), dimsOf(w)];
  const windows = windowsOf(context.node, dims.slice(2), kernel.slice(2));
  const groups = groupsOf(context.node);
  const input = channelsLast(x);
  let y: tf.Tensor;
  if (groups > 1 && kernel[1] === 1) y = depthwise(context, input, w, windows, groups);
  else if (groups === 1) y = dense(input, filterOf(context, w), windows);
  else {
    const filters = tf.split(filterOf(context, w), groups, -1);
    const parts = tf.split(input, groups, -1).map((part, g) => dense(part, filters[g]!, windows));
    y = tf.concat(parts, -1);
  }
  return [channelsFirst(b ? tf.add(y, plain(b)) : y)];
};

/** `[M, C, …kernel]` as TensorFlow.js wants it, `[…kernel, C, M]`. */
const filterOf = (context: KernelContext, w: Value): tf.Tensor =>
  context.once("filter", [w], () => {
    const rank = dimsOf(w).length;
    return inOrder(w, [...Array.from({ length: rank - 2 }, (_, i) => i + 2), 1, 0]);
  });

function dense(x: tf.Tensor, filter: tf.Tensor, windows: Windows): tf.Tensor {
  const { strides, dilations } = windows;
  if (x.rank === 5) {
    const [s, d] = [triple(strides), triple(dilations)];
    return tf.conv3d(padded(x, windows) as tf.Tensor5D, filter as tf.Tensor5D, s, "valid", "NDHWC", d);
  }
  const [image, kernel, two] = asImages(x, filter, windows);
  const y = tf.conv2d(image, kernel, pair(two.strides), explicit(two), "NHWC", pair(two.dilations));
  return x.rank === 3 ? tf.squeeze(y, [1]) : y;
}

/** Each channel with filters of its own: `W: [C·m, 1, …kernel]`. */
function depthwise(context: KernelContext, x: tf.Tensor, w: Value, windows: Windows, channels: number): tf.Tensor {
  const filter = context.once("filter", [w], () => {
    const [out = 0, , ...kernel] = dimsOf(w);
    const split = tf.reshape(plain(w), [channels, out / channels, ...kernel]);
    return tf.transpose(split, [...kernel.map((_, i) => i + 2), 0, 1]);
  });
  if (x.rank === 5) {
    const filters = tf.split(tf.transpose(filter, [0, 1, 2, 4, 3]), channels, -1);
    const parts = tf.split(x, channels, -1).map((part, c) => dense(part, tf.transpose(filters[c]!, [0, 1, 2, 4, 3]), windows)); // prettier-ignore
    return tf.concat(parts, -1);
  }
  const [image, kernel, two] = asImages(x, filter, windows);
  const y = tf.depthwiseConv2d(image, kernel, pair(two.strides), explicit(two), "NHWC", pair(two.dilations));
  return x.rank === 3 ? tf.squeeze(y, [1]) : y;
}

/** A sequence is an image of one row. */
function asImages(x: tf.Tensor, filter: tf.Tensor, windows: Windows): [tf.Tensor4D, tf.Tensor4D, Windows] {
  if (x.rank === 4) return [x as tf.Tensor4D, filter as tf.Tensor4D, windows];
  const { kernel, strides, dilations, pads } = windows;
  const row: Windows = {
    kernel: [1, ...kernel],
    strides: [strides[0]!, ...strides],
    dilations: [dilations[0]!, ...dilations],
    pads: [[0, 0], ...pads],
  };
  return [tf.expandDims(x, 1), tf.expandDims(filter, 0), row];
}

export const pair = ([a, b]: readonly number[]): [number, number] => [a!, b!];
export const triple = ([a, b, c]: readonly number[]): [number, number, number] => [a!, b!, c!];

/** Padding as TensorFlow.js takes it for images. */
export const explicit = ({
  pads,
}: Windows): [[number, number], [number, number], [number, number], [number, number]] => [
  [0, 0],
  [...pads[0]!] as [number, number],
  [...pads[1]!] as [number, number],
  [0, 0],
];

/** The tensor with its spatial axes padded, for operators that take no sizes themselves. */
export function padded(x: tf.Tensor, windows: Windows, value = 0): tf.Tensor {
  if (!isPadded(windows)) return x;
  return tf.pad(x, [[0, 0], ...windows.pads.map(([a, b]): [number, number] => [a, b]), [0, 0]], value);
}

const convTranspose: Kernel = (context) => {
  const { node } = context;
  const [x, w, b] = [operand(context, 0), operand(context, 1), context.in[2]];
  const [dims, kernel] = [dimsOf(x), dimsOf(w)];
  const windows = windowsOf(node, dims.slice(2), kernel.slice(2));
  const { strides, pads } = windows;
  const extra = intsAttribute(node, "output_padding") ?? strides.map(() => 0);
  const groups = groupsOf(node);
  // […kernel, M, C]
  const filter = context.once("filter", [w], () => inOrder(w, [...strides.map((_, i) => i + 2), 1, 0]));
  const input = channelsLast(x);
  const filters = groups === 1 ? [filter] : tf.split(filter, groups, -1);
  const parts = groups === 1 ? [input] : tf.split(input, groups, -1);
  const spread = [transposedSequence, transposedImage, transposedBySpreading][strides.length - 1]!;
  const wholes = parts.map((part, g) => spread(part, filters[g]!, windows, extra));
  const whole = wholes.length === 1 ? wholes[0]! : tf.concat(wholes, -1);
  const begin = [0, ...pads.map(([before]) => before), 0];
  const last = pads.length + 1;
  const size = whole.shape.map((d, i) => (i === 0 || i === last ? d : d - pads[i - 1]![0] - pads[i - 1]![1]));
  const y = tf.slice(whole, begin, size);
  return [channelsFirst(b ? tf.add(y, plain(b)) : y)];
};

/** A sequence is an image of one row. */
function transposedSequence(x: tf.Tensor, filter: tf.Tensor, windows: Windows, extra: readonly number[]): tf.Tensor {
  const [image, kernel, two] = asImages(x, filter, windows);
  return tf.squeeze(transposedImage(image, kernel, two, [0, ...extra]), [1]);
}

/** A transposed convolution before anything is cut off its borders. The filter is `[…kernel, M, C]`. */
function transposedImage(x: tf.Tensor, filter: tf.Tensor, windows: Windows, extra: readonly number[]): tf.Tensor {
  const { strides, dilations, kernel } = windows;
  if (dilations.some((d) => d > 1)) return transposedBySpreading(x, filter, windows, extra); // which it has not
  const [rows, columns] = strides.map((stride, i) => (x.shape[i + 1]! - 1) * stride + extra[i]! + kernel[i]!);
  const size: [number, number, number, number] = [x.shape[0], rows!, columns!, filter.shape[2]!];
  return tf.conv2dTranspose(x as tf.Tensor4D, filter as tf.Tensor4D, size, pair(strides), "valid");
}

/** The same as a convolution of the spread input. Volumes are computed so: the wasm backend's own gives zeros or worse. */
function transposedBySpreading(x: tf.Tensor, filter: tf.Tensor, windows: Windows, extra: readonly number[]): tf.Tensor {
  const { strides, dilations, kernel } = windows;
  const spread = strides.reduce((t, stride, i) => spreadAxis(t, i + 1, stride), x);
  const reach = kernel.map((size, i) => (size - 1) * dilations[i]!);
  const placed = tf.pad(spread, [[0, 0], ...reach.map((r, i): [number, number] => [r, r + extra[i]!]), [0, 0]]);
  const axes = strides.map((_, i) => i);
  const turned = tf.transpose(tf.reverse(filter, axes), [...axes, axes.length + 1, axes.length]);
  return dense(placed, turned, { kernel, dilations, strides: axes.map(() => 1), pads: axes.map(() => [0, 0]) });
}

/** Zeros between the slices along an axis. */
function spreadAxis(x: tf.Tensor, axis: number, stride: number): tf.Tensor {
  if (stride === 1) return x;
  const product = (dims: readonly number[]): number => dims.reduce((a, b) => a * b, 1);
  const [before, size, after] = [x.shape.slice(0, axis), x.shape[axis]!, x.shape.slice(axis + 1)];
  const apart = tf.pad(tf.reshape(x, [product(before) * size, 1, product(after)]), [[0, 0], [0, stride - 1], [0, 0]]); // prettier-ignore
  const whole = tf.reshape(apart, [...before, size * stride, ...after]);
  return tf.slice(whole, x.shape.map(() => 0), [...before, (size - 1) * stride + 1, ...after]); // prettier-ignore
}

/** Lays the columns that a convolution's windows read back over the image, and adds where they overlap. */
const col2Im: Kernel = (context) => {
  const columns = operand(context, 0);
  const [sizes, kernel] = [numbersOf(operand(context, 1)), numbersOf(operand(context, 2))];
  const { strides, dilations, pads } = windowsOf(context.node, sizes, kernel);
  const places = sizes.map((size, i) => {
    const reach = (kernel[i]! - 1) * dilations[i]! + 1;
    return Math.floor((size + pads[i]![0] + pads[i]![1] - reach) / strides[i]!) + 1;
  });
  const [batch = 0, rows = 0] = dimsOf(columns);
  const count = kernel.reduce((a, b) => a * b, 1);
  const apart = tf.reshape(plain(columns), [batch, rows / count, count, ...places]);
  const padded = sizes.map((size, i) => size + pads[i]![0] + pads[i]![1]);
  const laid = tf.unstack(apart, 2).map((part, offset) => {
    const spread = strides.reduce((t, stride, i) => spreadAxis(t, i + 2, stride), part);
    let rest = offset;
    const at = kernel.map(() => 0);
    for (let i = kernel.length - 1; i >= 0; i--) {
      at[i] = (rest % kernel[i]!) * dilations[i]!;
      rest = Math.floor(rest / kernel[i]!);
    }
    const around = at.map((start, i): [number, number] => [start, padded[i]! - start - spread.shape[i + 2]!]);
    return tf.pad(spread, [[0, 0], [0, 0], ...around]);
  });
  const image = tf.slice(tf.addN(laid), [0, 0, ...pads.map(([before]) => before)], [-1, -1, ...sizes]);
  return [valueOf(image, columns.dtype)];
};

export const convolutions: Readonly<Record<string, Kernel>> = {
  Conv: conv,
  ConvTranspose: convTranspose,
  Col2Im: col2Im,
};
