import { intAttribute, intsAttribute, stringAttribute, type Node } from "../graph/node.ts";
import { sizeOf } from "../graph/tensor.ts";
import type { GradientContext, GradientRule, TrainContext, TrainForm } from "./define-op.ts";
import { offsetsOf, padsOf, type Window, windowsOf } from "./_window.ts";

/** The windows of a pooling node. */
const poolWindows = ({ node, in: [x], out: [y] }: GradientContext): Window[] =>
  windowsOf(node, intsAttribute(node, "kernel_shape") ?? [], x!.dims.slice(2), y!.dims.slice(2));

/**
 * Each result goes to the element that was the largest: `Indices` numbers elements across the whole tensor. A pool that
 * trains has that second output.
 */
export const maxPoolGradient: GradientRule = ({ in: [x], out: [, indices], dy: [dy], g }) => {
  const flat = (v: string): string => g.reshape(v, [-1]);
  const summed = g.op("ScatterElements", [g.zeros([sizeOf(x!.dims)]), flat(indices!.name), flat(dy!)], {
    axis: 0,
    reduction: "add",
  });
  return [g.reshape(summed, x!.dims)];
};

/** A pool with the output that its gradient needs. Storage order changes only how elements are numbered. */
export function maxPoolForm({ node, out: [y], g }: TrainContext): TrainForm | undefined {
  if (!y) return undefined;
  const { storage_order: _, ...attributes } = node.attributes;
  return node.outputs[1] ? undefined : { outputs: g.ops("MaxPool", node.inputs, attributes, 2) };
}

/** Each result goes in equal parts to the elements of its window: a transposed convolution, channel by channel. */
export const averagePoolGradient: GradientRule = (op) => {
  const {
    in: [x],
    out: [y],
    node,
    dy: [dy],
    g,
  } = op;
  const windows = poolWindows(op);
  const images = x!.dim(0) * x!.dim(1);
  const kernel = windows.map((w) => w.kernel);
  const share = g.div(dy!, g.floats(countsOf(node, windows), [1, 1, ...y!.dims.slice(2)]));
  const spread = g.op(
    "ConvTranspose",
    [g.reshape(share, [images, 1, ...y!.dims.slice(2)]), g.expand(g.scalar(1), [1, 1, ...kernel])],
    {
      strides: windows.map((w) => w.stride),
      dilations: windows.map((w) => w.dilation),
      pads: padsOf(windows),
      output_padding: windows.map((w) => Math.max(0, -w.end)),
    },
  );
  return [g.reshape(spread, x!.dims)];
};

/** By how many elements each window divides; what lies in the padding counts or not. */
function countsOf(node: Node, windows: readonly Window[]): number[] {
  const padding = intAttribute(node, "count_include_pad", 0) !== 0;
  const pads = intsAttribute(node, "pads");
  const auto = stringAttribute(node, "auto_pad", "NOTSET") !== "NOTSET";
  const perAxis = windows.map((w, axis) => {
    // With ceil_mode the last window may reach beyond the padding, where nothing counts.
    const last = w.size + (padding ? (auto ? Math.max(0, w.end) : (pads?.[axis + windows.length] ?? 0)) : 0);
    const first = padding ? -w.begin : 0;
    return Array.from({ length: w.places }, (_, place) => {
      const at = (i: number): number => place * w.stride - w.begin + i * w.dilation;
      return Array.from({ length: w.kernel }, (__, i) => at(i)).filter((i) => i >= first && i < last).length;
    });
  });
  const places = windows.map((w) => ({ ...w, kernel: w.places }));
  return offsetsOf(places).map((place) => place.reduce((count, p, axis) => count * perAxis[axis]![p]!, 1));
}
