import { broadcastLinks, nonzeroLinks, stillUniform } from "./_broadcast.ts";
import { scalarOf } from "./_scalar.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/**
 * `Z = X ^ Y`, element by element with broadcasting. Zero stays zero under an exponent known to be positive, and
 * becomes infinite under a negative one. Spec: ONNX Pow 7, 12, 13, 15.
 */
export const pow: OpHandler = defineOp({
  type: "Pow",
  since: 7,
  links: (op) => [
    ...broadcastLinks(op),
    ...((scalarOf(op.in[1]) ?? -1) < 0 ? nonzeroLinks(op.in[0], "is raised to a power that may be negative") : []),
  ],
  zero: ([x, y], { in: inputs }) => x === true && y === undefined && (scalarOf(inputs[1]) ?? 0) > 0,
  uniform: stillUniform,
});
