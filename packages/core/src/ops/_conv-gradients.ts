import { sizeOf } from "../graph/tensor.ts";
import type { GradientContext, GradientRule, TrainContext, TrainForm } from "./define-op.ts";
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

/** Floats in a vector register (AVX-512); a product with fewer columns leaves the rest of it idle. */
const LANES = 16;

/**
 * `dL/dX` of a convolution. What computes it fastest depends on its form:
 * - 1×1: a product with Wᵀ;
 * - few places and many filters: one product with Wᵀ over all images, which reads the large W once, then Col2Im;
 * - stride 1: a convolution with the flipped kernel;
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
  const places = placesOf(c);
  // ONNX Runtime 1.30 places dilated columns wrongly, unless there are two spatial axes.
  const placeable = windows.length === 2 || windows.every((v) => v.dilation === 1);
  if (group === 1 && filters > places && placeable) return inputByColumns(g, c, w, dy, places);
  const reach = windows.map((v) => v.dilation * (v.kernel - 1));
  if (windows.every((v, i) => v.stride === 1 && v.begin <= reach[i]! && v.end <= reach[i]!)) {
    const pads = [...windows.map((v, i) => reach[i]! - v.begin), ...windows.map((v, i) => reach[i]! - v.end)];
    return g.op("Conv", [dy, flipped(g, c, w)], { group, pads, dilations: windows.map((v) => v.dilation) });
  }
  return g.op("ConvTranspose", [dy, w], {
    group,
    strides: windows.map((v) => v.stride),
    dilations: windows.map((v) => v.dilation),
    pads: padsOf(windows),
    output_padding: windows.map((v) => Math.max(0, -v.end)),
  });
}

const placesOf = ({ windows }: Convolution): number => sizeOf(windows.map((v) => v.places));

/** The kernel of the convolution that leads back: `[C, M/group, …kernel]`, each kernel from its end. */
function flipped(g: Emit, { channels, filters, group, windows }: Convolution, w: string): string {
  const axes = windows.map((_, i) => i + 2);
  const turned = g.slice(w, axes, axes.map(() => -1), axes.map(() => -(2 ** 31)), axes.map(() => -1)); // prettier-ignore
  if (group === channels && group === filters) return turned;
  const kernel = windows.map((v) => v.kernel);
  const apart = g.reshape(turned, [group, filters / group, channels / group, ...kernel]);
  const back = g.transpose(apart, [0, 2, 1, ...axes.map((axis) => axis + 1)]);
  return g.reshape(back, [channels, filters / group, ...kernel]);
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
 * `dL/dW` of a convolution: for every kernel offset, the product of what it reads of X with dY over all places of all
 * images; with groups or few channels, one product for all offsets, per image and group; depthwise, without a product.
 */
export function kernelGradient(g: Emit, c: Convolution, x: string, dy: string): string {
  const { channels, filters, group, windows } = c;
  const shape = [filters, channels / group, ...windows.map((v) => v.kernel)];
  const depthwise = group > 1 && group === channels && group === filters;
  const dense = group === 1 && (channels >= LANES || plain(c));
  return g.reshape((depthwise ? depthwiseKernel : dense ? denseKernel : groupedKernel)(g, c, x, dy), shape);
}

/**
 * A convolution of few places as one product over all images: image by image it would read the large W each time, and
 * fill a fraction of a vector. Its gradient reads the columns of X again. Undefined where the operator itself is faster.
 */
export function convolutionByColumns(op: TrainContext, c: Convolution): TrainForm | undefined {
  const { in: [x, w, b], out: [y], g } = op; // prettier-ignore
  const { batch, channels, filters, group, windows } = c;
  const places = placesOf(c);
  if (group > 1 || plain(c) || places >= LANES || batch === 1 || filters < LANES || channels < LANES) return undefined;
  const [rows, column] = [batch * places, channels * sizeOf(windows.map((v) => v.kernel))];
  const columns = columnsOf(g, c, x!.name);
  const product = g.op("Gemm", [columns, g.reshape(w!.name, [filters, column]), ...(b ? [b.name] : [])], { transB: 1 });
  const output = g.reshape(g.transpose(g.reshape(product, [batch, places, filters]), [0, 2, 1]), y!.dims);
  const gradient: GradientRule = ({ dy: [dy], needs }) => {
    const left = g.reshape(g.transpose(g.reshape(dy!, [batch, filters, places]), [0, 2, 1]), [rows, filters]);
    return [
      needs(0) ? inputGradient(g, c, w!.name, dy!) : undefined,
      needs(1) ? g.reshape(g.op("Gemm", [left, columns], { transA: 1 }), w!.dims) : undefined,
      b && needs(2) ? g.reduce("ReduceSum", left, [0], false) : undefined,
    ];
  };
  return { outputs: [output], gradient };
}

/** What the kernel's offsets read of X, channels last: `[N, …places, C]` each. */
function partsOf(g: Emit, c: Convolution, x: string): string[] {
  const { windows } = c;
  const pads = padsOf(windows);
  const [begins, ends] = [pads.slice(0, windows.length), pads.slice(windows.length)];
  const image = g.pad(g.transpose(x, [0, ...windows.map((_, i) => i + 2), 1]), [0, ...begins, 0, 0, ...ends, 0]);
  return offsetsOf(windows).map((at) => (plain(c) ? image : read(g, image, windows, at, 1)));
}

/** X as `[N · places, C · kernel]`, laid out as W is, which so needs no reordering. */
function columnsOf(g: Emit, c: Convolution, x: string): string {
  const rows = c.batch * placesOf(c);
  const parts = partsOf(g, c, x).map((part) => g.reshape(part, [rows, c.channels, 1]));
  return g.reshape(g.op("Concat", parts, { axis: 2 }), [rows, c.channels * parts.length]);
}

/** Channels last, so that all places are rows of one matrix. */
function denseKernel(g: Emit, c: Convolution, x: string, dy: string): string {
  const { channels, filters, windows } = c;
  const rows = c.batch * placesOf(c);
  const left = g.reshape(g.transpose(dy, [0, ...windows.map((_, i) => i + 2), 1]), [rows, filters]);
  // Where what is read of X is smaller than W.
  if (rows < filters && !plain(c)) return g.op("Gemm", [left, columnsOf(g, c, x)], { transA: 1 });
  const parts = partsOf(g, c, x);
  const products = parts.map((part) => g.op("Gemm", [left, g.reshape(part, [rows, channels])], { transA: 1 }));
  if (products.length === 1) return products[0]!;
  const stacked = g.op("Concat", products.map((p) => g.reshape(p, [1, filters, channels])), { axis: 0 }); // prettier-ignore
  return g.transpose(stacked, [1, 2, 0]);
}

/** Channels last, so that all channels of a place are multiplied and added up at once. */
function depthwiseKernel(g: Emit, c: Convolution, x: string, dy: string): string {
  const { channels, windows } = c;
  const rows = c.batch * placesOf(c);
  const last = g.transpose(dy, [0, ...windows.map((_, i) => i + 2), 1]);
  const sums = partsOf(g, c, x).map((part) =>
    g.reduce("ReduceSum", g.reshape(g.mul(part, last), [rows, channels]), [0], false),
  );
  return g.op("Concat", sums.map((sum) => g.reshape(sum, [channels, 1])), { axis: 1 }); // prettier-ignore
}

function groupedKernel(g: Emit, c: Convolution, x: string, dy: string): string {
  const { batch, channels, filters, group, windows } = c;
  const places = placesOf(c);
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
