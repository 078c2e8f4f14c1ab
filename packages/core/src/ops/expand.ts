import { broadcastLinks, allZero } from "./_broadcast.ts";
import { broadcastGradient } from "./_gradients.ts";
import { defineOp, type OpHandler } from "./define-op.ts";
import { withRewrittenInts } from "./_shape-operand.ts";

/**
 * `input` broadcast with `shape`, both aligned at the last axis. An axis stretched from 1 has a size but no slices of
 * its own (they are all the same), so it can be cut by stretching it less. Spec: ONNX Expand 8, 13.
 */
export const expand: OpHandler = defineOp({
  type: "Expand",
  shapeInputs: [1],
  links: (op) => broadcastLinks(op, op.in.slice(0, 1)),
  gradient: (op) => broadcastGradient(op, (i) => (i === 0 ? op.dy[0] : undefined)),
  zero: ([x]) => allZero([x]),
  cut: (op) => {
    const [[x, shape], [y]] = [op.in, op.out];
    if (!x || !shape || !y) return undefined;
    return withRewrittenInts(op, 1, (entry) => {
      const axis = entry + y.rank - shape.dim(0);
      const kept = op.kept(y.axis(axis));
      if (kept.whole || shape.ints?.[entry] === 1) return undefined;
      // The input has the whole axis, and the entry may be 1 or its size: with 1 both mean the same.
      if (x.dims[axis + x.rank - y.rank] === kept.size) return 1;
      return y.isDynamic(axis) ? kept : kept.count;
    });
  },
});
