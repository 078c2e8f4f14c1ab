import { intsAttribute, stringAttribute } from "@prune/core";
import * as tf from "@tensorflow/tfjs-core";
import { errorOperator } from "../../errors.ts";
import { operand, type Kernel } from "../kernel.ts";
import { dimsOf, inOrder, inverse, numbersOf, plain, valueOf } from "../value.ts";

/** Where an index of the output lies in the input. */
const COORDINATES: Readonly<Record<string, (i: number, from: number, to: number) => number>> = {
  asymmetric: (i, from, to) => (i * from) / to,
  half_pixel: (i, from, to) => ((i + 0.5) * from) / to - 0.5,
  align_corners: (i, from, to) => (to > 1 ? (i * (from - 1)) / (to - 1) : 0),
};

const ROUNDINGS: Readonly<Record<string, (x: number) => number>> = {
  floor: Math.floor,
  ceil: Math.ceil,
  round_prefer_floor: (x) => Math.ceil(x - 0.5),
  round_prefer_ceil: (x) => Math.floor(x + 0.5),
};

/** Scales axes to sizes or by factors, to the nearest element or linearly between two axes of an image. */
export const resize: Kernel = (context) => {
  const { node, in: inputs } = context;
  const x = operand(context, 0);
  const dims = dimsOf(x);
  const [scales, sizes] = [inputs[2], inputs[3]];
  const factors = scales && scales.tensor.size > 0 ? numbersOf(scales) : undefined;
  const axes = intsAttribute(node, "axes") ?? dims.map((_, i) => i);
  const wanted = factors
    ? axes.map((axis, i) => Math.floor(dims[axis]! * factors[i]!))
    : sizes
      ? numbersOf(sizes)
      : axes.map((axis) => dims[axis]!);
  const target = dims.map((d, i) => (axes.includes(i) ? wanted[axes.indexOf(i)]! : d));
  const mode = stringAttribute(node, "mode", "nearest");
  const coordinates = stringAttribute(node, "coordinate_transformation_mode", "half_pixel");
  const coordinate = COORDINATES[coordinates];
  const scaled = dims.flatMap((d, i) => (d === target[i] ? [] : [i]));
  if (!coordinate) throw errorOperator(node, `coordinates "${coordinates}" are not supported`);
  if (mode === "nearest") {
    const round = ROUNDINGS[stringAttribute(node, "nearest_mode", "round_prefer_floor")] ?? Math.floor;
    const y = scaled.reduce((t, axis) => {
      const [from, to] = [dims[axis]!, target[axis]!];
      const indices = Int32Array.from({ length: to }, (_, i) =>
        Math.min(from - 1, Math.max(0, round(coordinate(i, from, to)))),
      );
      return tf.gather(t, tf.tensor1d(indices, "int32"), axis);
    }, plain(x));
    return [valueOf(y, x.dtype)];
  }
  if (mode !== "linear" || dims.length !== 4 || scaled.length > 2) {
    throw errorOperator(node, `mode "${mode}" over ${scaled.length} of ${dims.length} axes is not supported`);
  }
  if (!scaled.length) return [x];
  const others = [0, 1, 2, 3].filter((axis) => !scaled.includes(axis));
  const spatial = [...scaled, ...others.splice(others.length - 2 + scaled.length)].toSorted((a, b) => a - b);
  const order = [others[0]!, ...spatial, others[1]!];
  const image = inOrder(x, order) as tf.Tensor4D;
  const size: [number, number] = [target[spatial[0]!]!, target[spatial[1]!]!];
  const y = tf.image.resizeBilinear(image, size, coordinates === "align_corners", coordinates === "half_pixel");
  return [valueOf(y, x.dtype, inverse(order))];
};
