import { broadcastLinks, nonzeroLinks, stillUniform } from "./_broadcast.ts";
import { broadcastGradient } from "./_gradients.ts";
import { constant } from "./_flow.ts";
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
  gradient: (op) => {
    const {
      in: [x, e],
      out: [y],
      dy: [dy],
      g,
    } = op;
    const exponent = scalarOf(e);
    const base = (): string => {
      if (exponent === 2) return g.scale(g.mul(dy!, x!.name), 2);
      const power = g.op("Pow", [x!.name, exponent === undefined ? g.shift(e!.name, -1) : g.scalar(exponent - 1)]);
      return g.mul(g.mul(dy!, exponent === undefined ? e!.name : g.scalar(exponent)), power);
    };
    // dz/de = z · ln x: none where x is not positive.
    const logarithm = (): string => {
      const positive = g.op("Greater", [x!.name, g.scalar(0)]);
      const safe = g.op("Log", [g.where(positive, x!.name, g.scalar(1))]);
      return g.mul(dy!, g.mul(y!.name, safe));
    };
    return broadcastGradient(op, (i) => (i === 0 ? base() : logarithm()));
  },
  // A negative power divides.
  flow: (op) => ((scalarOf(op.in[1]) ?? 1) < 0 ? constant(op) : undefined),
  zero: ([x, y], { in: inputs }) => x === true && y === undefined && (scalarOf(inputs[1]) ?? 0) > 0,
  uniform: stillUniform,
});
