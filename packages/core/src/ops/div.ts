import { broadcastLinks, nonzeroLinks, stillUniform } from "./_broadcast.ts";
import { quotient } from "./_flow.ts";
import { broadcastGradient } from "./_gradients.ts";
import { defineOp, type GradientRule, type OpHandler } from "./define-op.ts";

const division = (type: string, since: number, gradient: GradientRule): OpHandler =>
  defineOp({
    type,
    since,
    links: (op) => [...broadcastLinks(op), ...nonzeroLinks(op.in[1], `is what ${type} divides by`)],
    gradient,
    zero: ([a, b]) => a === true && b !== true,
    uniform: stillUniform,
  });

/**
 * `C = A / B`, element by element with broadcasting. A slice of B that is zero would give infinities where the cut gives
 * nothing. Spec: ONNX Div 7, 13, 14.
 */
export const div: OpHandler = {
  ...division("Div", 7, (op) => {
    const {
      dy: [dy],
      g,
      in: [, b],
      out: [y],
    } = op;
    const share = g.div(dy!, b!.name);
    return broadcastGradient(op, (i) => (i === 0 ? share : g.neg(g.mul(share, y!.name))));
  }),
  flow: quotient,
};

/** What is left over of A after division by B. Spec: ONNX Mod 10, 13. */
export const mod: OpHandler = division("Mod", 10, (op) => {
  // A − B·trunc(A / B): for floats, the remainder has the sign of A.
  const {
    dy: [dy],
    g,
    in: [a, b],
  } = op;
  const trunc = (x: string): string => g.mul(g.op("Sign", [x]), g.op("Floor", [g.op("Abs", [x])]));
  return broadcastGradient(op, (i) => (i === 0 ? dy : g.neg(g.mul(dy!, trunc(g.div(a!.name, b!.name))))));
});
