import { same } from "../solver/link.ts";
import { allZero, firstUniform } from "./_broadcast.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/** `data` with some elements dropped (none outside training), and the mask that says which. Spec: ONNX Dropout 1, 6, 7, 10, 12, 13. */
export const dropout: OpHandler = defineOp({
  type: "Dropout",
  links: ({ in: [x], out }) => out.flatMap((y) => (x && y ? x.dims.map((_, i) => same(x.axis(i), y.axis(i))) : [])),
  zero: ([x]) => allZero([x]),
  uniform: firstUniform,
});
