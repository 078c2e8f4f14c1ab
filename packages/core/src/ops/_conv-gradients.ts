import { sizeOf } from "../graph/tensor.ts";
import type { GradientContext } from "./define-op.ts";
import { offsetsOf, padsOf, type Window } from "./_window.ts";

type Emit = GradientContext["g"];

/** A convolution: `X: [N, C, …size]`, `W: [M, C/group, …kernel]`, `Y: [N, M, …places]`. */
export interface Convolution {
  readonly batch: number;
  readonly channels: number;
  readonly filters: number;
  readonly group: number;
  readonly windows: readonly Window[];
}

const plain = ({ windows }: Convolution): boolean =>
  windows.every((w) => w.kernel === 1 && w.stride === 1 && w.begin === 0 && w.end === 0);

/** Elements that a slice along axis i of a spatial grid takes to give what kernel offset `at` reads. */
function read(g: Emit, x: string, windows: readonly Window[], at: readonly number[], firstAxis: number): string {
  const start = windows.map((w, i) => at[i]! * w.dilation);
  const end = windows.map((w, i) => start[i]! + (w.places - 1) * w.stride + 1);
  return g.slice(x, windows.map((_, i) => firstAxis + i), start, end, windows.map((w) => w.stride)); // prettier-ignore
}

/**
 * `dL/dX` of a convolution. What computes it fastest depends on its form:
 * - 1×1: a product with Wᵀ;
 * - depthwise with stride 1: a convolution with the flipped kernel;
 * - few places and many filters: one product with Wᵀ over all images, which reads the large W once, then Col2Im;
 * - others: a transposed convolution.
 */
export function inputGradient(g: Emit, c: Convolution, w: string, dy: string): string {
  const { batch, channels, filters, group, windows } = c;
  const sizes = windows.map((v) => v.size);
  if (group === 1 && plain(c)) {
    const rows = g.reshape(dy, [batch, filters, sizeOf(sizes)]);
    const product = g.matMul(g.transpose(g.reshape(w, [filters, channels]), [1, 0]), rows);
    return g.reshape(product, [batch, channels, ...sizes]);
  }
  const reach = windows.map((v) => v.dilation * (v.kernel - 1));
  const flippable = windows.every((v, i) => v.stride === 1 && v.begin <= reach[i]! && v.end <= reach[i]!);
  if (group === channels && group === filters && flippable) {
    const axes = windows.map((_, i) => i + 2);
    const flipped = g.slice(w, axes, axes.map(() => -1), axes.map(() => -(2 ** 31)), axes.map(() => -1)); // prettier-ignore
    const pads = [...windows.map((v, i) => reach[i]! - v.begin), ...windows.map((v, i) => reach[i]! - v.end)];
    return g.op("Conv", [dy, flipped], { group, pads, dilations: windows.map((v) => v.dilation) });
  }
  const places = sizeOf(windows.map((v) => v.places));
  if (group === 1 && filters > places) return inputByColumns(g, c, w, dy, places);
  return g.op("ConvTranspose", [dy, w], {
    group,
    strides: windows.map((v) => v.stride),
    dilations: windows.map((v) => v.dilation),
    pads: padsOf(windows),
    output_padding: windows.map((v) => Math.max(0, -v.end)),
  });
}

function inputByColumns(g: Emit, c: Convolution, w: string, dy: string, places: number): string {
  const { batch, channels, filters, windows } = c;
  const kernel = windows.map((v) => v.kernel);
  const column = channels * sizeOf(kernel);
  const rows = g.reshape(g.transpose(g.reshape(dy, [batch, filters, places]), [1, 0, 2]), [filters, batch * places]);
  const product = g.op("Gemm", [g.reshape(w, [filters, column]), rows], { transA: 1 });
  const columns = g.transpose(g.reshape(product, [column, batch, places]), [1, 0, 2]);
  return g.op("Col2Im", [columns, g.ints(windows.map((v) => v.size)), g.ints(kernel)], {
    strides: windows.map((v) => v.stride),
    dilations: windows.map((v) => v.dilation),
    pads: padsOf(windows),
  });
}

/**
 * `dL/dW` of a convolution: for every kernel offset, the product of what it reads of X with dY. Without groups, one
 * product over all places of all images; with groups, one per image and group.
 */
export function kernelGradient(g: Emit, c: Convolution, x: string, dy: string): string {
  const { channels, filters, group, windows } = c;
  const shape = [filters, channels / group, ...windows.map((v) => v.kernel)];
  return g.reshape(group === 1 ? denseKernel(g, c, x, dy) : groupedKernel(g, c, x, dy), shape);
}

/** Channels last, so that all places are rows of one matrix. */
function denseKernel(g: Emit, c: Convolution, x: string, dy: string): string {
  const { batch, channels, filters, windows } = c;
  const spatial = windows.map((_, i) => i + 2);
  const rows = batch * sizeOf(windows.map((v) => v.places));
  const left = g.reshape(g.transpose(dy, [0, ...spatial, 1]), [rows, filters]);
  const pads = padsOf(windows);
  const [begins, ends] = [pads.slice(0, windows.length), pads.slice(windows.length)];
  const image = g.pad(g.transpose(x, [0, ...spatial, 1]), [0, ...begins, 0, 0, ...ends, 0]);
  const offsets = offsetsOf(windows);
  const parts = offsets.map((at) => (plain(c) ? image : read(g, image, windows, at, 1)));
  if (rows < filters && parts.length > 1) {
    // What is read of X is smaller than W: laid out as W is, it spares W the reordering.
    const columns = g.op(
      "Concat",
      parts.map((part) => g.reshape(part, [rows, channels, 1])),
      { axis: 2 },
    );
    return g.op("Gemm", [left, g.reshape(columns, [rows, channels * parts.length])], { transA: 1 });
  }
  const products = parts.map((part) => g.op("Gemm", [left, g.reshape(part, [rows, channels])], { transA: 1 }));
  if (products.length === 1) return products[0]!;
  const stacked = g.op("Concat", products.map((p) => g.reshape(p, [1, filters, channels])), { axis: 0 }); // prettier-ignore
  return g.transpose(stacked, [1, 2, 0]);
}

function groupedKernel(g: Emit, c: Convolution, x: string, dy: string): string {
  const { batch, channels, filters, group, windows } = c;
  const places = sizeOf(windows.map((v) => v.places));
  const pads = padsOf(windows);
  const [begins, ends] = [pads.slice(0, windows.length), pads.slice(windows.length)];
  const image = g.pad(x, [0, 0, ...begins, 0, 0, ...ends]);
  const offsets = offsetsOf(windows);
  const parts = offsets.map((at) =>
    g.reshape(read(g, image, windows, at, 2), [batch, group, channels / group, 1, places]),
  );
  const columns = parts.length === 1 ? parts[0]! : g.op("Concat", parts, { axis: 3 });
  const right = g.reshape(columns, [batch, group, (channels / group) * offsets.length, places]);
  const left = g.reshape(dy, [batch, group, filters / group, places]);
  return g.reduce("ReduceSum", g.matMul(left, g.swapLastTwo(right, 4)), [0], false);
}
