import { anyZero, broadcastLinks, stillUniform } from "./_broadcast.ts";
import { broadcastGradient } from "./_gradients.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/** `C = A · B`, element by element with broadcasting. Spec: ONNX Mul 7, 13, 14. */
export const mul: OpHandler = defineOp({
  type: "Mul",
  since: 7,
  multiplies: true,
  links: (op) => broadcastLinks(op),
  zero: anyZero,
  gradient: (op) => broadcastGradient(op, (i) => op.g.mul(op.dy[0]!, op.in[1 - i]!.name)),
  uniform: stillUniform,
});
