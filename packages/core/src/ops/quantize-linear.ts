import { intAttribute } from "../graph/node.ts";
import { broadcastLinks, firstUniform } from "./_broadcast.ts";
import { MICROSOFT } from "./_microsoft.ts";
import { quantizationLinks } from "./_quantization.ts";
import { defineOp, type OpContext, type OpHandler } from "./define-op.ts";

const axisOf = ({ node }: OpContext): number => intAttribute(node, "axis", 1);

/** An axis that the value has: one number for all of it, and the axis says nothing. */
const axisIn = (op: OpContext): number => {
  const rank = op.in[0]?.rank ?? 0;
  const axis = axisOf(op);
  return axis < rank && axis >= -rank ? axis : 0;
};

/**
 * `QuantizeLinear`: `y = saturate(round(x / scale) + zero point)`, and `DequantizeLinear`: `y = scale · (x − zero point)`.
 * Scale and zero point are numbers, or go with the slices of `axis`; blocks along it stay whole. What is 0 becomes the
 * zero point, which stands for it. Spec: ONNX QuantizeLinear, DequantizeLinear 10, 13, 19, 21, 23; com.microsoft 1.
 */
export const quantizeLinears: readonly OpHandler[] = ["", MICROSOFT].flatMap((domain) =>
  ["QuantizeLinear", "DequantizeLinear"].map((type) =>
    defineOp({
      type,
      domain,
      links: (op) => {
        const [x, ...parameters] = op.in;
        return x ? [...broadcastLinks(op, [x]), ...quantizationLinks(x, axisIn(op), parameters)] : [];
      },
      zero: ([x]) => x === true,
      uniform: firstUniform,
      quantized: (op) =>
        type === "DequantizeLinear"
          ? [{ value: op.in[0], scale: op.in[1], zeroPoint: op.in[2], axis: axisIn(op) }]
          : [],
    }),
  ),
);
