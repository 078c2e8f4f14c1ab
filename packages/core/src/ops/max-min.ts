import { broadcastLinks, stillUniform, stillZero } from "./_broadcast.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/** The largest of the operands, element by element with broadcasting. Spec: ONNX Max 8, 12, 13. */
export const max: OpHandler = defineOp({
  type: "Max",
  links: (op) => broadcastLinks(op),
  zero: (zero, op) => stillZero(zero, op, (c) => c <= 0),
  uniform: stillUniform,
});

/** The smallest of the operands, element by element with broadcasting. Spec: ONNX Min 8, 12, 13. */
export const min: OpHandler = defineOp({
  type: "Min",
  links: (op) => broadcastLinks(op),
  zero: (zero, op) => stillZero(zero, op, (c) => c >= 0),
  uniform: stillUniform,
});
