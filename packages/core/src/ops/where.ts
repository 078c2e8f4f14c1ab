import { broadcastLinks, stillZero } from "./_broadcast.ts";
import { broadcastGradient } from "./_gradients.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/** `condition ? X : Y`, element by element with broadcasting. Zero where both choices are. Spec: ONNX Where 9, 16. */
export const where: OpHandler = defineOp({
  type: "Where",
  links: (op) => broadcastLinks(op),
  gradient: (op) => {
    const {
      in: [condition],
      dy: [dy],
      g,
    } = op;
    const zero = g.scalar(0);
    return broadcastGradient(op, (i) => {
      if (i === 0) return undefined;
      return i === 1 ? g.where(condition!.name, dy!, zero) : g.where(condition!.name, zero, dy);
    });
  },
  // What flow is replaced by, such as the smallest number that masks a score, is no flow.
  flow: ({ node, in: [condition, ...choices], carries, g }) => {
    const flows = choices.map((x, i) => (carries(i + 1) ? x!.name : g.zeros(x!.dims)));
    return { outputs: [g.op(node.opType, [condition!.name, ...flows])] };
  },
  zero: ([, x, y], op) => stillZero([x, y], { ...op, in: op.in.slice(1) }, (constant) => constant === 0),
});
