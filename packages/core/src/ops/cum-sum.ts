import { intAttribute } from "../graph/node.ts";
import { inexact } from "../solver/link.ts";
import { allZero, broadcastLinks } from "./_broadcast.ts";
import { defineOp, type OpHandler } from "./define-op.ts";
import { pinAll } from "./_pin-all.ts";

/** Sums of all elements up to each one along `axis`, an input. Spec: ONNX CumSum 11, 14. */
export const cumSum: OpHandler = defineOp({
  type: "CumSum",
  shapeInputs: [1],
  links: (op) => {
    const [x, axis] = op.in;
    if (!x || axis?.ints?.[0] === undefined) return pinAll(op, "is summed up along an axis known only at run time");
    return [...broadcastLinks(op, [x]), inexact(x.axis(axis.ints[0]), "is summed up by CumSum")];
  },
  // What each element adds to are all sums from it on: the same sum from the other end.
  gradient: ({ node, dy: [dy], g }) => {
    const [exclusive, reverse] = [intAttribute(node, "exclusive", 0), 1 - intAttribute(node, "reverse", 0)];
    return [g.op("CumSum", [dy, node.inputs[1]], { exclusive, reverse })];
  },
  zero: ([x]) => allZero([x]),
});
