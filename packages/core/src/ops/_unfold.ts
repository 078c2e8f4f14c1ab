import type { Emit } from "../graph/graph-builder.ts";
import { intsAttribute, stringAttribute, type Node } from "../graph/node.ts";

/** A value as a matrix: a row per position, its feature axis last. */
export function rowsOf(emit: Emit, x: string, rank: number, featureAxis: number, features: number): string {
  const axis = featureAxis < 0 ? featureAxis + rank : featureAxis;
  const others = Array.from({ length: rank }, (_, i) => i).filter((i) => i !== axis);
  const last = axis === rank - 1 ? x : emit.transpose(x, [...others, axis]);
  return rank === 2 ? last : emit.reshape(last, [-1, features]);
}

/**
 * What a convolution multiplies its kernel with, as a matrix: for every position of the output a row, with the kernel's
 * window of every channel. A depthwise convolution whose kernels pick one element each does it, with the strides, pads
 * and dilations of the layer itself. In float32, whatever the layer computes in.
 */
export function windows(emit: Emit, node: Node, x: string, channels: number, kernel: readonly number[]): string {
  const size = kernel.reduce((a, b) => a * b, 1);
  const picks = new Float32Array(channels * size * size);
  for (let row = 0; row < channels * size; row++) picks[row * size + (row % size)] = 1;
  const attributes: Record<string, number | string | readonly number[]> = { group: channels, kernel_shape: kernel };
  for (const name of ["strides", "pads", "dilations"]) {
    const value = intsAttribute(node, name);
    if (value) attributes[name] = value;
  }
  const pad = stringAttribute(node, "auto_pad", "NOTSET");
  if (pad !== "NOTSET") attributes["auto_pad"] = pad;
  const single = emit.op("Cast", [x], { to: 1 });
  const picked = emit.op("Conv", [single, emit.float32(picks, [channels * size, 1, ...kernel])], attributes);
  return rowsOf(emit, picked, kernel.length + 2, 1, channels * size);
}
