import { intsAttribute, stringAttribute, type Node } from "../graph/node.ts";

/** How a kernel slides over one spatial axis. */
export interface Window {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  /** Elements added before the axis. */
  readonly begin: number;
  /** Elements that are read after the axis; negative where the last ones of the axis are not reached. */
  readonly end: number;
  /** Size of the axis, and number of places of the kernel. */
  readonly size: number;
  readonly places: number;
}

/** The windows of a convolution or pooling, from its attributes and from the sizes of input and output. */
export function windowsOf(
  node: Node,
  kernel: readonly number[],
  input: readonly number[],
  output: readonly number[],
): Window[] {
  const [strides, dilations, pads] = ["strides", "dilations", "pads"].map((name) => intsAttribute(node, name));
  const auto = stringAttribute(node, "auto_pad", "NOTSET");
  return kernel.map((size, i) => {
    const [stride, dilation] = [strides?.[i] ?? 1, dilations?.[i] ?? 1];
    const read = (output[i]! - 1) * stride + (size - 1) * dilation + 1;
    const added = Math.max(0, read - input[i]!);
    const begin = auto.startsWith("SAME")
      ? Math.floor((added + (auto === "SAME_LOWER" ? 1 : 0)) / 2)
      : (pads?.[i] ?? 0);
    const end = read - input[i]! - begin;
    return { kernel: size, stride, dilation, begin, end, size: input[i]!, places: output[i]! };
  });
}

/** Pads of a node: all begins, then all ends, none negative. */
export const padsOf = (windows: readonly Window[]): number[] => [
  ...windows.map((w) => w.begin),
  ...windows.map((w) => Math.max(0, w.end)),
];

/** Every position in a kernel, row-major. */
export function offsetsOf(windows: readonly Window[]): number[][] {
  return windows.reduce<number[][]>(
    (all, w) => all.flatMap((at) => Array.from({ length: w.kernel }, (_, i) => [...at, i])),
    [[]],
  );
}
