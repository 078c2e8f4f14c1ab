import { channelsFirst, range, type GraphBuilder, type Attributes } from "../translate/graph-builder.ts";
import type { JsonObject } from "../json.ts";
import { numbersOf, textOf, type LayerContext, type LayerRule } from "./define-layer.ts";
import { activated } from "./activated.ts";

/** Strides, dilations and padding of a layer over `axes` spatial axes; undefined for padding that ONNX does not know. */
function windowOf(config: JsonObject, axes: number): Attributes | undefined {
  const padding = textOf(config, "padding", "valid");
  if (textOf(config, "dataFormat", "channelsLast") !== "channelsLast") return undefined;
  if (padding !== "valid" && padding !== "same") return undefined;
  return {
    strides: numbersOf(config, "strides", axes, 1),
    dilations: numbersOf(config, "dilationRate", axes, 1),
    ...(padding === "same" ? { auto_pad: "SAME_UPPER" } : {}),
  };
}

/** A kernel `[…sizes, C, M]`, as ONNX has it: `[M, C, …sizes]`. */
export const toOnnxKernel = (b: GraphBuilder, kernel: string, axes: number): string =>
  b.op("Transpose", [kernel], { perm: [axes + 1, axes, ...range(axes)] });

/** A kernel `[…sizes, C, m]` of m filters for each channel: `[C·m, 1, …sizes]`. */
export function toDepthwiseKernel(b: GraphBuilder, kernel: string, dims: readonly number[]): string {
  const axes = dims.length - 2;
  const [channels, multiplier] = [dims[axes]!, dims[axes + 1]!];
  const turned = b.op("Transpose", [kernel], { perm: [axes, axes + 1, ...range(axes)] });
  return b.op("Reshape", [turned, b.ints([channels * multiplier, 1, ...dims.slice(0, axes)])]);
}

const conv = (className: string, axes: number): LayerRule => ({
  className,
  emit: (l) => {
    const [kernel, window] = [l.weight("kernel"), windowOf(l.config, axes)];
    if (kernel === undefined || !window || numbersOf(l.config, "groups", 1, 1)[0] !== 1) return undefined;
    const bias = l.weight("bias");
    const y = channelsFirst(l.b, l.inputs[0]!, axes + 2, (x) =>
      l.b.op("Conv", [x, toOnnxKernel(l.b, kernel, axes), ...(bias === undefined ? [] : [bias])], window),
    );
    return activated(l, y);
  },
  resize: ({ weight }) => ({ filters: weight("kernel")!.at(-1)! }),
});

const depthwise: LayerRule = {
  className: "DepthwiseConv2D",
  emit: (l) => {
    const [kernel, window] = [l.weight("depthwise_kernel"), windowOf(l.config, 2)];
    if (kernel === undefined || !window) return undefined;
    const bias = l.weight("bias");
    const dims = dimsOfWeight(l, "depthwise_kernel");
    const y = channelsFirst(l.b, l.inputs[0]!, 4, (x) =>
      l.b.op("Conv", [x, toDepthwiseKernel(l.b, kernel, dims), ...(bias === undefined ? [] : [bias])], {
        ...window,
        group: dims[2]!,
      }),
    );
    return activated(l, y);
  },
  resize: ({ weight }) => ({ depth_multiplier: weight("depthwise_kernel")!.at(-1)! }),
};

const separable: LayerRule = {
  className: "SeparableConv2D",
  emit: (l) => {
    const [deep, point, window] = [l.weight("depthwise_kernel"), l.weight("pointwise_kernel"), windowOf(l.config, 2)];
    if (deep === undefined || point === undefined || !window) return undefined;
    const bias = l.weight("bias");
    const dims = dimsOfWeight(l, "depthwise_kernel");
    const y = channelsFirst(l.b, l.inputs[0]!, 4, (x) => {
      const spread = l.b.op("Conv", [x, toDepthwiseKernel(l.b, deep, dims)], { ...window, group: dims[2]! });
      return l.b.op("Conv", [spread, toOnnxKernel(l.b, point, 2), ...(bias === undefined ? [] : [bias])]);
    });
    return activated(l, y);
  },
  resize: ({ weight }) => ({
    depth_multiplier: weight("depthwise_kernel")!.at(-1)!,
    filters: weight("pointwise_kernel")!.at(-1)!,
  }),
};

const transposed = (className: string, axes: number): LayerRule => ({
  className,
  emit: (l) => {
    const [kernel, window] = [l.weight("kernel"), windowOf(l.config, axes)];
    if (kernel === undefined || !window) return undefined;
    const bias = l.weight("bias");
    const sizes = dimsOfWeight(l, "kernel").slice(0, axes);
    const strides = numbersOf(l.config, "strides", axes, 1);
    const y = channelsFirst(l.b, l.inputs[0]!, axes + 2, (x) => {
      // […sizes, M, C] to [C, M, …sizes]
      const filter = l.b.op("Transpose", [kernel], { perm: [axes + 1, axes, ...range(axes)] });
      const inputs = [x, filter, ...(bias === undefined ? [] : [bias])];
      return l.b.op("ConvTranspose", inputs, { strides, ...transposedPadding(sizes, strides, textOf(l.config, "padding", "valid")) }); // prettier-ignore
    });
    return activated(l, y);
  },
  resize: ({ weight }) => ({ filters: weight("kernel")!.at(-2)! }),
});

/** Padding of a transposed convolution: what the convolution that it undoes would have. */
export function transposedPadding(sizes: readonly number[], strides: readonly number[], padding: string): Attributes {
  const surplus = sizes.map((size, i) => size - strides[i]!);
  const before = surplus.map((extra) => (padding === "same" ? Math.floor(Math.max(0, extra) / 2) : 0));
  const after = surplus.map((extra, i) => (padding === "same" ? Math.max(0, extra) - before[i]! : 0));
  return { pads: [...before, ...after], output_padding: surplus.map((extra) => Math.max(0, -extra)) };
}

/** Sizes of a weight before any cut. */
export const dimsOfWeight = ({ layer }: LayerContext, name: string): number[] =>
  (layer.weights.find((w) => w.originalName.endsWith(`/${name}`))?.shape ?? []).map((d) => d ?? 0);

export const convolutions: readonly LayerRule[] = [
  conv("Conv1D", 1),
  conv("Conv2D", 2),
  conv("Conv3D", 3),
  transposed("Conv2DTranspose", 2),
  transposed("Conv3DTranspose", 3),
  depthwise,
  separable,
];
