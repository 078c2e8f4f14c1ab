import { pinAll } from "./_pin-all.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/** The indices of all elements that are not zero: every axis is addressed by position. Spec: ONNX NonZero 9, 13. */
export const nonZero: OpHandler = defineOp({
  type: "NonZero",
  gradient: "none",
  links: (op) => pinAll(op, "has its indices taken by NonZero"),
});
