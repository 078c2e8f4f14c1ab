import { anyZero, broadcastLinks, stillUniform } from "./_broadcast.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/** `C = A · B`, element by element with broadcasting. Spec: ONNX Mul 7, 13, 14. */
export const mul: OpHandler = defineOp({
  type: "Mul",
  since: 7,
  links: (op) => broadcastLinks(op),
  zero: anyZero,
  uniform: stillUniform,
});
