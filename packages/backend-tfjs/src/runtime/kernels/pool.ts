import { intAttribute, intsAttribute } from "@prune/core";
import * as tf from "@tensorflow/tfjs-core";
import { operand, type Kernel } from "../kernel.ts";
import { channelsFirst, channelsLast, explicit, padded, pair, triple } from "./conv.ts";
import { dimsOf } from "../value.ts";
import { isPadded, windowsOf, type Windows } from "./windows.ts";

const pool =
  (kind: "max" | "avg"): Kernel =>
  (context) => {
    const x = operand(context, 0);
    const windows = windowsOf(context.node, dimsOf(x).slice(2), intsAttribute(context.node, "kernel_shape") ?? []);
    const input = channelsLast(x);
    const counted = kind === "avg" && intAttribute(context.node, "count_include_pad", 0) === 1;
    const y = counted ? slide(kind, padded(input, windows), unpadded(windows)) : slide(kind, input, windows);
    return [channelsFirst(y, x.dtype)];
  };

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
  if (kind === "max") return over(padded(x, windows, -3.4e38));
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
  MaxPool: pool("max"),
  AveragePool: pool("avg"),
  GlobalAveragePool: global((x, axes) => tf.mean(x, axes, true)),
  GlobalMaxPool: global((x, axes) => tf.max(x, axes, true)),
};
