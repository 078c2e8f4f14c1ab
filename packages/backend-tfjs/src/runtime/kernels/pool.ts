import { intAttribute, intsAttribute } from "@prune/core";
import * as tf from "@tensorflow/tfjs-core";
import { operand, type Kernel, type KernelContext } from "../kernel.ts";
import { channelsFirst, channelsLast, explicit, padded, pair, triple } from "./conv.ts";
import { dimsOf, type Value } from "../value.ts";
import { isPadded, windowsOf, type Windows } from "./windows.ts";

const windowsOver = ({ node }: KernelContext, x: Value): Windows =>
  windowsOf(node, dimsOf(x).slice(2), intsAttribute(node, "kernel_shape") ?? []);

const averagePool: Kernel = (context) => {
  const x = operand(context, 0);
  const windows = windowsOver(context, x);
  const input = channelsLast(x);
  const counted = intAttribute(context.node, "count_include_pad", 0) === 1;
  const y = counted ? slide("avg", padded(input, windows), unpadded(windows)) : slide("avg", input, windows);
  return [channelsFirst(y, x.dtype)];
};

const maxPool: Kernel = (context) => {
  const x = operand(context, 0);
  const windows = windowsOver(context, x);
  const input = channelsLast(x);
  const y = slide("max", input, windows);
  const whole = channelsFirst(y, x.dtype);
  return context.node.outputs[1] ? [whole, channelsFirst(placesOfMaxima(input, y, windows), "int64")] : [whole];
};

/**
 * Where each window's first maximum is, as ONNX numbers it: elements of `[N, C, …]` from first to last. Both
 * `x: [N, …, C]` and `y` have channels last.
 */
function placesOfMaxima(x: tf.Tensor, y: tf.Tensor, { kernel, strides, dilations, pads }: Windows): tf.Tensor {
  const image = padded(x, { kernel, strides, dilations, pads }, LOWEST);
  const [sizes, places] = [x.shape.slice(1, -1), y.shape.slice(1, -1)];
  const [batch, channels] = [x.shape[0], x.shape.at(-1)!];
  const product = (dims: readonly number[]): number => dims.reduce((a, b) => a * b, 1);
  const steps = sizes.map((_, i) => product(sizes.slice(i + 1)));
  /** Position in the image of spatial indices. */
  const position = (at: readonly number[]): number => at.reduce((sum, p, i) => sum + p * steps[i]!, 0);
  const first = new Int32Array(y.size);
  for (let i = 0; i < first.length; i++) {
    const [n, at] = [Math.floor(i / (product(places) * channels)), Math.floor(i / channels) % product(places)];
    const begin = indicesOf(at, places).map((p, axis) => p * strides[axis]! - pads[axis]![0]);
    first[i] = (n * channels + (i % channels)) * product(sizes) + position(begin);
  }
  let within = tf.zeros(y.shape, "int32");
  for (let offset = product(kernel) - 1; offset >= 0; offset--) {
    const at = indicesOf(offset, kernel).map((k, axis) => k * dilations[axis]!);
    const end = at.map((start, axis) => start + (places[axis]! - 1) * strides[axis]! + 1);
    const seen = tf.stridedSlice(image, [0, ...at, 0], [batch, ...end, channels], [1, ...strides, 1]);
    within = tf.where(tf.equal(seen, y), tf.fill(y.shape, position(at), "int32"), within);
  }
  return tf.add(tf.tensor(first, y.shape, "int32"), within);
}

const LOWEST = -3.4e38;

/** Row-major indices of an element of some sizes. */
function indicesOf(flat: number, sizes: readonly number[]): number[] {
  let rest = flat;
  return sizes.map((_, i) => {
    const step = sizes.slice(i + 1).reduce((a, b) => a * b, 1);
    const at = Math.floor(rest / step);
    rest -= at * step;
    return at;
  });
}

const unpadded = (windows: Windows): Windows => ({ ...windows, pads: windows.pads.map(() => [0, 0]) });

function slide(kind: "max" | "avg", x: tf.Tensor, windows: Windows): tf.Tensor {
  if (x.rank === 3) {
    const { kernel, strides, dilations, pads } = windows;
    const row: Windows = {
      kernel: [1, ...kernel],
      strides: [1, ...strides],
      dilations: [1, ...dilations],
      pads: [[0, 0], ...pads],
    };
    return tf.squeeze(slide(kind, tf.expandDims(x, 1), row), [1]);
  }
  if (x.rank === 5) return slideVolume(kind, x, windows);
  const [image, size, steps] = [x as tf.Tensor4D, pair(windows.kernel), pair(windows.strides)];
  const pads = isPadded(windows) ? explicit(windows) : "valid";
  return kind === "max" ? tf.maxPool(image, size, steps, pads) : tf.avgPool(image, size, steps, pads);
}

/** TensorFlow.js pads volumes on equal sides only: they are padded here, and an average counts what is no padding. */
function slideVolume(kind: "max" | "avg", x: tf.Tensor, windows: Windows): tf.Tensor {
  const [size, steps] = [triple(windows.kernel), triple(windows.strides)];
  const over = (t: tf.Tensor): tf.Tensor =>
    kind === "max"
      ? tf.maxPool3d(t as tf.Tensor5D, size, steps, "valid")
      : tf.avgPool3d(t as tf.Tensor5D, size, steps, "valid");
  if (kind === "max") return over(padded(x, windows, LOWEST));
  return isPadded(windows) ? tf.div(over(padded(x, windows)), over(padded(tf.onesLike(x), windows))) : over(x);
}

const global =
  (reduce: (x: tf.Tensor, axes: number[]) => tf.Tensor): Kernel =>
  (context) => {
    const x = channelsLast(operand(context, 0));
    const axes = Array.from({ length: x.rank - 2 }, (_, i) => i + 1);
    return [channelsFirst(reduce(x, axes))];
  };

export const pools: Readonly<Record<string, Kernel>> = {
  MaxPool: maxPool,
  AveragePool: averagePool,
  GlobalAveragePool: global((x, axes) => tf.mean(x, axes, true)),
  GlobalMaxPool: global((x, axes) => tf.max(x, axes, true)),
};
