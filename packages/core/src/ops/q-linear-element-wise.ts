import { broadcastLinks, allZero, anyZero } from "./_broadcast.ts";
import { MICROSOFT } from "./_microsoft.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/**
 * Sum and product, element by element, of integers that stand for numbers, each operand with a scale and a zero point.
 * Spec: com.microsoft QLinearAdd, QLinearMul 1.
 */
export const qLinearBinary: readonly OpHandler[] = ["QLinearAdd", "QLinearMul"].map((type) =>
  defineOp({
    type,
    domain: MICROSOFT,
    links: (op) => broadcastLinks(op, [op.in[0], op.in[3]]),
    zero: (zero) => (type === "QLinearAdd" ? allZero : anyZero)([zero[0], zero[3]]),
    quantized: ({ in: inputs }) =>
      [0, 3].map((i) => ({ value: inputs[i], scale: inputs[i + 1], zeroPoint: inputs[i + 2], axis: 0 })),
  }),
);

/** Functions of one operand, through a table. Spec: com.microsoft QLinearLeakyRelu, QLinearSigmoid 1. */
export const qLinearUnary: readonly OpHandler[] = ["QLinearLeakyRelu", "QLinearSigmoid"].map((type) =>
  defineOp({
    type,
    domain: MICROSOFT,
    links: (op) => broadcastLinks(op, op.in.slice(0, 1)),
    zero: ([x]) => x === true && type === "QLinearLeakyRelu",
  }),
);
