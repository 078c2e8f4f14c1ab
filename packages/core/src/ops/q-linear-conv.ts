import { defineOp, type OpContext, type OpHandler } from "./define-op.ts";
import { perAxis } from "./_quantization.ts";
import { conv } from "./conv.ts";

/** Where a quantised convolution has what Conv has: X, W and B, and scale and zero point of W. */
interface Places {
  readonly operands: readonly [x: number, w: number, b: number];
  readonly scale?: number;
  readonly zeroPoint: number;
}

/** The node as a Conv sees it. */
function asConv(op: OpContext, { operands }: Places): OpContext {
  const { node } = op;
  return {
    ...op,
    node: { ...node, inputs: operands.map((i) => node.inputs[i] ?? "") },
    in: operands.map((i) => op.in[i]),
  };
}

const quantizedConv = (type: string, places: Places): OpHandler =>
  defineOp({
    type,
    links: (op) => {
      const w = op.in[places.operands[1]];
      const parameters = [op.in[places.scale ?? -1], op.in[places.zeroPoint]];
      return [...conv.links!(asConv(op, places)), ...(w ? perAxis(w.axis(0), w.dim(0), parameters) : [])];
    },
    looseLinks: (op, torn) => {
      const w = op.in[places.operands[1]];
      const links = conv.looseLinks!(asConv(op, places), torn);
      const parameters = [op.in[places.scale ?? -1], op.in[places.zeroPoint]];
      return links && w ? [...links, ...perAxis(w.axis(0), w.dim(0), parameters)] : undefined;
    },
    zero: (zero, op) => conv.zero!(places.operands.map((i) => zero[i]), asConv(op, places)), // prettier-ignore
    cut: conv.cut!,
    macs: ({ node, in: inputs, out }) => conv.macs!({ node, in: places.operands.map((i) => inputs[i]), out }),
    quantized: ({ in: inputs }) => [
      { value: inputs[places.operands[1]], scale: inputs[places.scale ?? -1], zeroPoint: inputs[places.zeroPoint], axis: 0 }, // prettier-ignore
      { value: inputs[places.operands[2]], axis: 0 },
    ],
  });

/**
 * Convolution of integers that stand for numbers: X and Y by one scale and zero point each, W by one or by one per
 * output channel; the bias is of integers at the product of X's and W's scales. Spec: ONNX QLinearConv 10.
 */
export const qLinearConv: OpHandler = quantizedConv("QLinearConv", { operands: [0, 3, 8], scale: 4, zeroPoint: 5 });

/** Convolution of integers less their zero points, without a scale. Spec: ONNX ConvInteger 10. */
export const convInteger: OpHandler = quantizedConv("ConvInteger", { operands: [0, 1, -1], zeroPoint: 3 });
