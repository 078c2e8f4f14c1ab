import { pin } from "../solver/link.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/** `start`, `start + delta`, … below `limit`: positions, none of which can be left out. Spec: ONNX Range 11. */
export const range: OpHandler = defineOp({
  type: "Range",
  shapeInputs: [0, 1, 2],
  gradient: "none",
  links: ({ out: [y] }) => (y ? [pin(y.axis(0), "is counted by Range")] : []),
});
