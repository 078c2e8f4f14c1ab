import { toDepthwiseKernel, toOnnxKernel, transposedPadding } from "../layers/convolution.ts";
import { activation } from "../translate/activation.ts";
import { channelsFirst, float, range, type Attributes } from "../translate/graph-builder.ts";
import type { OpContext, OpRule, OpRules } from "./define-op.ts";
import { boolAttr, floatAttr, intsAttr, textAttr, textsAttr, type NodeDef } from "./node-def.ts";

/** The entries for the spatial axes of a setting that has one for each axis. */
export const spatial = (node: NodeDef, key: string, axes: number): number[] => {
  const all = intsAttr(node, key);
  return all.length === axes + 2 ? all.slice(1, -1) : range(axes).map(() => 1);
};

/** Whether data has its channels last, as GraphModels nearly always do. */
export const isChannelsLast = (node: NodeDef): boolean => !textAttr(node, "data_format", "NHWC").startsWith("NC");

/** Padding in ONNX's words; undefined for one that there is not. */
export function paddingOf(node: NodeDef, axes: number): Attributes | undefined {
  switch (textAttr(node, "padding", "VALID")) {
    case "SAME":
      return { auto_pad: "SAME_UPPER" };
    case "VALID":
      return {};
    case "EXPLICIT": {
      const pads = intsAttr(node, "explicit_paddings");
      if (pads.length !== 2 * (axes + 2)) return undefined;
      const side = (offset: number): number[] => range(axes).map((i) => pads[2 * (i + 1) + offset]!);
      return { pads: [...side(0), ...side(1)] };
    }
    default:
      return undefined;
  }
}

/** What a fused operator does after its own work. */
interface Fused {
  readonly bias: string | undefined;
  readonly after: (x: string) => string;
}

/** What is fused into a convolution or product; undefined for what is not known. */
function fusedInto({ b, node, inputs }: OpContext): Fused | undefined {
  const ops = textsAttr(node, "fused_ops");
  const rest = inputs.slice(2);
  let bias: string | undefined;
  const steps: ((x: string) => string)[] = [];
  for (const op of ops) {
    if (op === "BiasAdd" && bias === undefined && !steps.length) bias = rest.shift();
    else if (op === "Prelu") {
      const slope = rest.shift()!;
      steps.push((x) => b.op("PRelu", [x, slope]));
    } else if (op === "LeakyRelu") {
      const alpha = float(floatAttr(node, "leakyrelu_alpha", 0.2));
      steps.push((x) => b.op("LeakyRelu", [x], { alpha }));
    } else {
      const known = activation(op);
      if (!known) return undefined;
      steps.push((x) => known(b, x));
    }
  }
  return { bias, after: (x) => steps.reduce((y, step) => step(y), x) };
}

const conv =
  (axes: number): OpRule =>
  (l) => {
    const { b, node, inputs } = l;
    const [padding, fused] = [paddingOf(node, axes), fusedInto(l)];
    if (!padding || !fused || !isChannelsLast(node)) return undefined;
    const y = channelsFirst(b, inputs[0]!, axes + 2, (x) =>
      b.op("Conv", [x, toOnnxKernel(b, inputs[1]!, axes), ...biasOf(l, fused)], {
        ...padding,
        strides: spatial(node, "strides", axes),
        dilations: spatial(node, "dilations", axes),
      }),
    );
    return fused.after(addRest(l, fused, y));
  };

/** A bias goes into the operator where it is one number for each channel, as it nearly always is. */
const biasOf = (l: OpContext, { bias }: Fused): string[] =>
  bias !== undefined && l.sizes(l.inputs.indexOf(bias))?.length === 1 ? [bias] : [];

const addRest = (l: OpContext, fused: Fused, y: string): string =>
  fused.bias === undefined || biasOf(l, fused).length ? y : l.b.op("Add", [y, fused.bias]);

const depthwise: OpRule = (l) => {
  const { b, node, inputs } = l;
  const [padding, fused, sizes] = [paddingOf(node, 2), fusedInto(l), l.sizes(1)];
  if (!padding || !fused || !sizes || !isChannelsLast(node)) return undefined;
  const y = channelsFirst(b, inputs[0]!, 4, (x) =>
    b.op("Conv", [x, toDepthwiseKernel(b, inputs[1]!, sizes), ...biasOf(l, fused)], {
      ...padding,
      strides: spatial(node, "strides", 2),
      dilations: spatial(node, "dilations", 2),
      group: sizes[2]!,
    }),
  );
  return fused.after(addRest(l, fused, y));
};

/** A convolution backwards, which is what a transposed one is. Inputs: the size of the output, the kernel, the data. */
const transposed: OpRule = ({ b, node, inputs, numbers, sizes }) => {
  const [padding, kernel, output] = [textAttr(node, "padding", "VALID"), sizes(1), numbers(0)];
  if (!kernel || !isChannelsLast(node) || (padding !== "SAME" && padding !== "VALID")) return undefined;
  const strides = spatial(node, "strides", 2);
  const window = transposedPadding(kernel.slice(0, 2), strides, padding.toLowerCase());
  // The size of the output is only known to be the usual one if it is a constant; one that is computed is.
  if (output && !isUsual(output, strides, padding)) return undefined;
  return channelsFirst(b, inputs[2]!, 4, (x) => {
    const filter = b.op("Transpose", [inputs[1]!], { perm: [3, 2, 0, 1] });
    return b.op("ConvTranspose", [x, filter], { strides, ...window });
  });
};

/** Whether a transposed convolution that pads "SAME" yields a multiple of its stride. */
const isUsual = (output: readonly number[], strides: readonly number[], padding: string): boolean =>
  padding === "VALID" || strides.every((stride, i) => output[i + 1]! % stride === 0);

const matMul: OpRule = (l) => {
  const { b, node, inputs } = l;
  const fused = fusedInto(l);
  if (!fused) return undefined;
  const side = (x: string, key: string): string => (boolAttr(node, key) ? b.op("Transpose", [x], { perm: [1, 0] }) : x);
  const y = b.op("MatMul", [side(inputs[0]!, "transpose_a"), side(inputs[1]!, "transpose_b")]);
  return fused.after(fused.bias === undefined ? y : b.op("Add", [y, fused.bias]));
};

const batchMatMul: OpRule = ({ b, node, inputs }) => {
  // How many axes are before the last two is not known here.
  if (boolAttr(node, "adj_x") || boolAttr(node, "adj_y")) return undefined;
  return b.op("MatMul", inputs);
};

export const convolutions: OpRules = {
  Conv2D: conv(2),
  _FusedConv2D: conv(2),
  Conv3D: conv(3),
  DepthwiseConv2dNative: depthwise,
  FusedDepthwiseConv2dNative: depthwise,
  Conv2DBackpropInput: transposed,
  MatMul: matMul,
  _FusedMatMul: matMul,
  BatchMatMul: batchMatMul,
  BatchMatMulV2: batchMatMul,
};
