import { broadcastLinks, stillUniform, stillZero } from "./_broadcast.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

const additive = (type: string, since: number, adds = false): OpHandler =>
  defineOp({
    type,
    since,
    adds,
    links: (op) => broadcastLinks(op),
    zero: (zero, op) => stillZero(zero, op, (c) => c === 0),
    uniform: stillUniform,
  });

/** `C = A + B`, element by element with broadcasting: zero where both are. Spec: ONNX Add 7, 13, 14. */
export const add: OpHandler = additive("Add", 7, true);

/** `C = A − B`. Spec: ONNX Sub 7, 13, 14. */
export const sub: OpHandler = additive("Sub", 7);

/** The sum of any number of operands. Spec: ONNX Sum 1, 6, 8, 13. */
export const sum: OpHandler = additive("Sum", 1, true);

/** Their sum divided by how many they are (not a mean along an axis). Spec: ONNX Mean 1, 6, 8, 13. */
export const mean: OpHandler = additive("Mean", 1);
