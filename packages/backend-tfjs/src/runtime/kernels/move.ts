import { intAttribute, intsAttribute, stringAttribute } from "@prune/core";
import * as tf from "@tensorflow/tfjs-core";
import { operand, type Kernel, type KernelContext } from "../kernel.ts";
import { dimsOf, numbersOf, plain, valueOf } from "../value.ts";

const axisOf = ({ node }: KernelContext, rank: number, fallback = 0): number => {
  const axis = intAttribute(node, "axis", fallback);
  return axis < 0 ? axis + rank : axis;
};

/** The axes that an operand, or an attribute of older operator sets, names. */
const axesOf = (context: KernelContext, input: number, rank: number): number[] | undefined => {
  const value = context.in[input];
  const axes = value ? numbersOf(value) : intsAttribute(context.node, "axes");
  return axes?.map((axis) => (axis < 0 ? axis + rank : axis));
};

const reshape: Kernel = (context) => {
  const x = operand(context, 0);
  const dims = dimsOf(x);
  const zeros = intAttribute(context.node, "allowzero", 0) === 1;
  const shape = numbersOf(operand(context, 1)).map((size, i) => (size === 0 && !zeros ? dims[i]! : size));
  return [valueOf(tf.reshape(plain(x), shape), x.dtype)];
};

const flatten: Kernel = (context) => {
  const x = operand(context, 0);
  const dims = dimsOf(x);
  const axis = axisOf(context, dims.length, 1);
  const rows = dims.slice(0, axis).reduce((a, b) => a * b, 1);
  return [valueOf(tf.reshape(plain(x), [rows, dims.slice(axis).reduce((a, b) => a * b, 1)]), x.dtype)];
};

const transpose: Kernel = (context) => {
  const x = operand(context, 0);
  const order = intsAttribute(context.node, "perm") ?? dimsOf(x).map((_, i, all) => all.length - 1 - i);
  return [valueOf(x.tensor, x.dtype, x.perm ? order.map((axis) => x.perm![axis]!) : order)];
};

const squeeze: Kernel = (context) => {
  const x = operand(context, 0);
  const dims = dimsOf(x);
  const axes = axesOf(context, 1, dims.length) ?? dims.flatMap((size, i) => (size === 1 ? [i] : []));
  return [
    valueOf(
      tf.reshape(
        plain(x),
        dims.filter((_, i) => !axes.includes(i)),
      ),
      x.dtype,
    ),
  ];
};

const unsqueeze: Kernel = (context) => {
  const x = operand(context, 0);
  const dims = dimsOf(x);
  const given = context.in[1] ? numbersOf(context.in[1]) : (intsAttribute(context.node, "axes") ?? []);
  const rank = dims.length + given.length;
  const axes = new Set(given.map((axis) => (axis < 0 ? axis + rank : axis)));
  let next = 0;
  const shape = Array.from({ length: rank }, (_, i) => (axes.has(i) ? 1 : dims[next++]!));
  return [valueOf(tf.reshape(plain(x), shape), x.dtype)];
};

const concat: Kernel = (context) => {
  const parts = context.in.filter((v) => v !== undefined);
  const first = operand(context, 0);
  const axis = axisOf(context, dimsOf(first).length);
  const order = first.perm;
  if (order && parts.every((v) => String(v.perm) === String(order))) {
    return [
      valueOf(
        tf.concat(
          parts.map((v) => v.tensor),
          order[axis],
        ),
        first.dtype,
        order,
      ),
    ];
  }
  return [valueOf(tf.concat(parts.map(plain), axis), first.dtype)];
};

const split: Kernel = (context) => {
  const x = operand(context, 0);
  const dims = dimsOf(x);
  const axis = axisOf(context, dims.length);
  const count = context.node.outputs.length;
  const part = Math.ceil(dims[axis]! / count);
  const even = Array.from({ length: count }, (_, i) => Math.min(part, dims[axis]! - i * part));
  const sizes = context.in[1] ? numbersOf(context.in[1]) : (intsAttribute(context.node, "split") ?? even);
  const at = x.perm ? x.perm[axis]! : axis;
  return tf.split(x.tensor, [...sizes], at).map((piece) => valueOf(piece, x.dtype, x.perm));
};

const slice: Kernel = (context) => {
  const x = operand(context, 0);
  const dims = dimsOf(x);
  const bounds = (input: number, attribute: string): number[] | undefined =>
    context.in[input] ? numbersOf(context.in[input]) : intsAttribute(context.node, attribute)?.slice();
  const starts = bounds(1, "starts") ?? [];
  const ends = bounds(2, "ends") ?? [];
  const axes = axesOf(context, 3, dims.length) ?? starts.map((_, i) => i);
  const steps = context.in[4] ? numbersOf(context.in[4]) : starts.map(() => 1);
  let y = plain(x);
  axes.forEach((axis, i) => {
    const [size, step] = [dims[axis]!, steps[i]!];
    const clamp = (bound: number, low: number, high: number): number =>
      Math.min(high, Math.max(low, bound < 0 ? bound + size : bound));
    const start = clamp(starts[i]!, 0, step > 0 ? size : size - 1);
    const end = clamp(ends[i]!, step > 0 ? 0 : -1, step > 0 ? size : size - 1);
    const count = Math.max(0, Math.ceil((end - start) / step));
    if (count === size && step === 1) return;
    if (step === 1) {
      const [begin, length] = [y.shape.map(() => 0), [...y.shape]];
      [begin[axis], length[axis]] = [start, count];
      y = tf.slice(y, begin, length);
    } else {
      const indices = Int32Array.from({ length: count }, (_, k) => start + k * step);
      y = tf.gather(y, tf.tensor1d(indices, "int32"), axis);
    }
  });
  return [valueOf(y, x.dtype)];
};

const gather: Kernel = (context) => {
  const [x, at] = [operand(context, 0), operand(context, 1)];
  const dims = dimsOf(x);
  const axis = axisOf(context, dims.length);
  let indices = tf.cast(plain(at), "int32");
  if (at.fixed && numbersOf(at).some((i) => i < 0)) {
    const forward = numbersOf(at).map((i) => (i < 0 ? i + dims[axis]! : i));
    indices = tf.tensor(forward, indices.shape, "int32");
  }
  // TensorFlow.js wants at least one axis of indices.
  const scalar = indices.rank === 0;
  const picked = tf.gather(plain(x), scalar ? tf.reshape(indices, [1]) : indices, axis);
  return [valueOf(scalar ? tf.squeeze(picked, [axis]) : picked, x.dtype)];
};

const gatherNd: Kernel = (context) => {
  const x = operand(context, 0);
  return [valueOf(tf.gatherND(plain(x), tf.cast(plain(operand(context, 1)), "int32")), x.dtype)];
};

const pad: Kernel = (context) => {
  const x = operand(context, 0);
  const dims = dimsOf(x);
  const pads = numbersOf(operand(context, 1));
  const axes = axesOf(context, 3, dims.length) ?? dims.map((_, i) => i);
  const sizes = dims.map((): [number, number] => [0, 0]);
  axes.forEach((axis, i) => (sizes[axis] = [pads[i]!, pads[i + axes.length]!]));
  const mode = stringAttribute(context.node, "mode", "constant");
  const y =
    mode === "reflect"
      ? tf.mirrorPad(plain(x), sizes, "reflect")
      : mode === "edge"
        ? edges(plain(x), sizes)
        : tf.pad(plain(x), sizes, context.in[2] ? numbersOf(context.in[2])[0] : 0);
  return [valueOf(y, x.dtype)];
};

/** Repeats the outermost slices. */
function edges(x: tf.Tensor, sizes: readonly (readonly [number, number])[]): tf.Tensor {
  return sizes.reduce((y, [before, after], axis) => {
    if (before === 0 && after === 0) return y;
    const size = x.shape[axis]!;
    const indices = Int32Array.from({ length: before + size + after }, (_, i) =>
      Math.min(size - 1, Math.max(0, i - before)),
    );
    return tf.gather(y, tf.tensor1d(indices, "int32"), axis);
  }, x);
}

const expand: Kernel = (context) => {
  const x = operand(context, 0);
  const dims = dimsOf(x);
  const wanted = numbersOf(operand(context, 1));
  const rank = Math.max(dims.length, wanted.length);
  const at = (list: readonly number[], i: number): number => list[i - rank + list.length] ?? 1;
  const shape = Array.from({ length: rank }, (_, i) => Math.max(at(dims, i), at(wanted, i)));
  return [valueOf(tf.broadcastTo(plain(x), shape), x.dtype)];
};

const tile: Kernel = (context) => {
  const x = operand(context, 0);
  return [valueOf(tf.tile(plain(x), numbersOf(operand(context, 1))), x.dtype)];
};

const shape: Kernel = (context) => {
  const dims = dimsOf(operand(context, 0));
  const { node } = context;
  const part = dims.slice(intAttribute(node, "start", 0), intAttribute(node, "end", dims.length));
  return [valueOf(tf.tensor1d(part, "int32"))];
};

const size: Kernel = (context) => [valueOf(tf.scalar(operand(context, 0).tensor.size, "int32"))];

const constantOfShape: Kernel = (context) => {
  const value = context.node.attributes["value"];
  const dims = numbersOf(operand(context, 0));
  const fill = value?.type === "tensor" ? value.value : undefined;
  const integer = fill !== undefined && /int/.test(fill.dtype);
  const number = fill ? numberIn(fill.bytes(), fill.dtype) : 0;
  return [valueOf(tf.fill(dims, number, integer ? "int32" : "float32"), fill?.dtype ?? "float32")];
};

function numberIn(bytes: Uint8Array, dtype: string): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (dtype === "int64") return Number(view.getBigInt64(0, true));
  if (dtype === "int32") return view.getInt32(0, true);
  return dtype === "float32" ? view.getFloat32(0, true) : view.getUint8(0);
}

const eyeLike: Kernel = (context) => {
  const [rows = 0, columns = 0] = dimsOf(operand(context, 0));
  return [valueOf(tf.eye(rows, columns), "float32")];
};

const range: Kernel = (context) => {
  const [start, limit, delta] = [0, 1, 2].map((i) => numbersOf(operand(context, i))[0]!);
  const first = operand(context, 0);
  const stored = first.tensor.dtype === "int32" ? "int32" : "float32";
  return [valueOf(tf.range(start!, limit!, delta, stored), first.dtype)];
};

const oneHot: Kernel = (context) => {
  const [depth, values] = [numbersOf(operand(context, 1))[0]!, operand(context, 2)];
  const [off, on] = numbersOf(values);
  // The wasm backend knows no numbers but integers here.
  const ones = tf.oneHot(tf.cast(plain(operand(context, 0)), "int32"), depth);
  const hot = tf.cast(tf.add(tf.mul(tf.cast(ones, "float32"), on! - off!), off!), values.tensor.dtype);
  const axis = axisOf(context, hot.rank, -1);
  if (axis === hot.rank - 1) return [valueOf(hot, values.dtype)];
  const order = Array.from({ length: hot.rank - 1 }, (_, i) => i);
  order.splice(axis, 0, hot.rank - 1);
  return [valueOf(hot, values.dtype, order)];
};

/** `[N, C·b², H, W]` to `[N, C, H·b, W·b]`. */
const depthToSpace: Kernel = (context) => {
  const x = plain(operand(context, 0));
  const block = intAttribute(context.node, "blocksize", 1);
  const [n = 1, c = 1, h = 1, w = 1] = x.shape;
  const out = c / (block * block);
  const rowFirst = stringAttribute(context.node, "mode", "DCR") === "DCR";
  const split = tf.reshape(x, rowFirst ? [n, block, block, out, h, w] : [n, out, block, block, h, w]);
  const moved = tf.transpose(split, rowFirst ? [0, 3, 4, 1, 5, 2] : [0, 1, 4, 2, 5, 3]);
  return [valueOf(tf.reshape(moved, [n, out, h * block, w * block]), operand(context, 0).dtype)];
};

/** `[N, C, H·b, W·b]` to `[N, b²·C, H, W]`. */
const spaceToDepth: Kernel = (context) => {
  const x = plain(operand(context, 0));
  const block = intAttribute(context.node, "blocksize", 1);
  const [n = 1, c = 1, h = 1, w = 1] = x.shape;
  const moved = tf.transpose(tf.reshape(x, [n, c, h / block, block, w / block, block]), [0, 3, 5, 1, 2, 4]);
  return [valueOf(tf.reshape(moved, [n, c * block * block, h / block, w / block]), operand(context, 0).dtype)];
};

export const moves: Readonly<Record<string, Kernel>> = {
  Reshape: reshape,
  Flatten: flatten,
  Transpose: transpose,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Concat: concat,
  Split: split,
  Slice: slice,
  Gather: gather,
  GatherND: gatherNd,
  Pad: pad,
  Expand: expand,
  Tile: tile,
  Shape: shape,
  Size: size,
  ConstantOfShape: constantOfShape,
  EyeLike: eyeLike,
  Range: range,
  OneHot: oneHot,
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
};
