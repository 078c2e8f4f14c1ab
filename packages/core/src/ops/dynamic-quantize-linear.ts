import { broadcastLinks } from "./_broadcast.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/**
 * Integers for `x`, with a scale and a zero point after its least and largest number. Their range always holds 0, so that
 * slices of zeros take no part in it. Spec: ONNX DynamicQuantizeLinear 11.
 */
export const dynamicQuantizeLinear: OpHandler = defineOp({
  type: "DynamicQuantizeLinear",
  links: (op) => broadcastLinks(op),
  zero: ([x]) => x === true,
});
