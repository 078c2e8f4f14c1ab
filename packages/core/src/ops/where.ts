import { broadcastLinks, stillZero } from "./_broadcast.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/** `condition ? X : Y`, element by element with broadcasting. Zero where both choices are. Spec: ONNX Where 9, 16. */
export const where: OpHandler = defineOp({
  type: "Where",
  links: (op) => broadcastLinks(op),
  zero: ([, x, y], op) => stillZero([x, y], { ...op, in: op.in.slice(1) }, (constant) => constant === 0),
});
