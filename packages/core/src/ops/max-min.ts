import { broadcastLinks, stillZero, stillUniform } from "./_broadcast.ts";
import { broadcastGradient } from "./_gradients.ts";
import { defineOp, type GradientRule, type OpHandler } from "./define-op.ts";

/** Goes to the operands that are the extremum; several share it. */
const gradient: GradientRule = (op) => {
  const {
    in: inputs,
    out: [y],
    dy: [dy],
    g,
  } = op;
  const hits = inputs.map((x) => g.op("Cast", [g.op("Equal", [x!.name, y!.name])], { to: 1 }));
  const share = g.div(dy!, g.sum(hits));
  return broadcastGradient(op, (i) => g.mul(share, hits[i]!));
};

/** The largest of the operands, element by element with broadcasting. Spec: ONNX Max 8, 12, 13. */
export const max: OpHandler = defineOp({
  type: "Max",
  gradient,
  links: (op) => broadcastLinks(op),
  zero: (zero, op) => stillZero(zero, op, (c) => c <= 0),
  uniform: stillUniform,
});

/** The smallest of the operands, element by element with broadcasting. Spec: ONNX Min 8, 12, 13. */
export const min: OpHandler = defineOp({
  type: "Min",
  gradient,
  links: (op) => broadcastLinks(op),
  zero: (zero, op) => stillZero(zero, op, (c) => c >= 0),
  uniform: stillUniform,
});
