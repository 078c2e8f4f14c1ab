import { broadcastLinks, stillZero } from "./_broadcast.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/**
 * Sums of any number of operands, element by element with broadcasting; Mean divides by how many there are, not along
 * an axis. Zero where all operands are. Spec: ONNX Add 7, 13, 14; Sub 7, 13, 14; Sum 8, 13; Mean 8, 13.
 */
export const additive: readonly OpHandler[] = (
  [
    ["Add", 7],
    ["Sub", 7],
    ["Sum", 1],
    ["Mean", 1],
  ] as const
).map(([type, since]) =>
  defineOp({ type, since, links: (op) => broadcastLinks(op), zero: (zero, op) => stillZero(zero, op, (c) => c === 0) }),
);
