import { allZero, firstUniform } from "./_broadcast.ts";
import { reshapeForm, reshapeGradient } from "./_gradients.ts";
import { defineOp, type OpHandler } from "./define-op.ts";
import { withScaledShape } from "./_shape-operand.ts";

/**
 * `data` with other axes over the same elements in the same order. Both sides are products of the same finer
 * axes where those exist (C·H·W ↔ C, H, W). `shape` may hold −1 (the rest) and 0 (copied). Spec: ONNX Reshape 5–25.
 */
export const reshape: OpHandler = defineOp({
  type: "Reshape",
  shapeInputs: [1],
  moves: true,
  links: ({ in: [x], out: [y] }) =>
    x && y ? [{ kind: "equal", left: x.dims.map((_, i) => x.axis(i)), right: y.dims.map((_, i) => y.axis(i)) }] : [],
  gradient: reshapeGradient,
  train: reshapeForm,
  zero: ([x]) => allZero([x]),
  uniform: firstUniform,
  cut: (op) => withScaledShape(op, 1),
});
