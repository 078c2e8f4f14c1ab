import { intAttribute } from "../graph/node.ts";
import { pin } from "../solver/link.ts";
import { allZero, broadcastLinks } from "./_broadcast.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/** The triangle of matrices above or below a diagonal, zeros elsewhere: positions on both axes count. Spec: ONNX Trilu 14. */
export const trilu: OpHandler = defineOp({
  type: "Trilu",
  shapeInputs: [1],
  links: (op) => [
    ...broadcastLinks(op, op.in.slice(0, 1)),
    ...[-2, -1].flatMap((i) => (op.in[0] ? [pin(op.in[0].axis(i), "is an axis of a triangle (Trilu)")] : [])),
  ],
  gradient: ({ node, dy: [dy], g }) => [g.op("Trilu", [dy, node.inputs[1]], { upper: intAttribute(node, "upper", 1) })],
  zero: ([x]) => allZero([x]),
});
