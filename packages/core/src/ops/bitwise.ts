import { allZero, anyZero, broadcastLinks } from "./_broadcast.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/** Logical and bitwise And, with broadcasting: zero (false) where one operand is. Spec: ONNX And 7; BitwiseAnd 18. */
export const conjunctions: readonly OpHandler[] = ["And", "BitwiseAnd"].map((type) =>
  defineOp({ type, since: 7, links: (op) => broadcastLinks(op), zero: anyZero, gradient: "none" }),
);

/** Logical and bitwise Or and Xor, with broadcasting: zero (false) where both operands are. Spec: ONNX Or, Xor 7; BitwiseOr, BitwiseXor 18. */
export const disjunctions: readonly OpHandler[] = ["Or", "Xor", "BitwiseOr", "BitwiseXor"].map((type) =>
  defineOp({ type, since: 7, links: (op) => broadcastLinks(op), zero: allZero, gradient: "none" }),
);

/** `X` shifted by `Y` bits, with broadcasting: zero where X is. Spec: ONNX BitShift 11. */
export const bitShift: OpHandler = defineOp({
  type: "BitShift",
  since: 11,
  links: (op) => broadcastLinks(op),
  zero: ([x]) => x === true,
  gradient: "none",
});
