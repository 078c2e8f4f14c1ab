import { broadcastLinks, stillUniform } from "./_broadcast.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/** `Y = X` where positive, `slope · X` elsewhere; the slope broadcasts to X. Spec: ONNX PRelu 7, 9, 16. */
export const pRelu: OpHandler = defineOp({
  type: "PRelu",
  since: 7,
  links: (op) => broadcastLinks(op),
  zero: ([x]) => x === true,
  uniform: stillUniform,
});
