import { broadcastLinks, stillUniform } from "./_broadcast.ts";
import { straight } from "./_flow.ts";
import { broadcastGradient } from "./_gradients.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/** `Y = X` where positive, `slope · X` elsewhere; the slope broadcasts to X. Spec: ONNX PRelu 7, 9, 16. */
export const pRelu: OpHandler = defineOp({
  type: "PRelu",
  since: 7,
  links: (op) => broadcastLinks(op),
  gradient: (op) => {
    const {
      in: [x, slope],
      dy: [dy],
      g,
    } = op;
    const positive = g.op("Greater", [x!.name, g.scalar(0)]);
    return broadcastGradient(op, (i) =>
      i === 0 ? g.where(positive, dy!, g.mul(dy!, slope!.name)) : g.where(positive, g.scalar(0), g.mul(dy!, x!.name)),
    );
  },
  flow: straight,
  zero: ([x]) => x === true,
  uniform: stillUniform,
});
