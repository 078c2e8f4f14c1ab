import { broadcastLinks } from "./_broadcast.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/**
 * Comparisons, element by element with broadcasting. What comes of zeros depends on the other operand.
 * Spec: ONNX Equal, Greater and Less 7, 9, 11, 13; GreaterOrEqual and LessOrEqual 12, 16.
 */
export const comparisons: readonly OpHandler[] = ["Equal", "Greater", "Less", "GreaterOrEqual", "LessOrEqual"].map(
  (type) => defineOp({ type, since: 7, links: (op) => broadcastLinks(op), gradient: "none" }),
);
