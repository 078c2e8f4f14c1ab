import { intAttribute, stringAttribute } from "../graph/node.ts";
import { factor, merge, pin, same } from "../solver/link.ts";
import { allZero } from "./_broadcast.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/**
 * Channels become blocks of pixels: `[N, C·b·b, H, W]` → `[N, C, H·b, W·b]`. The channels of the input are
 * `[b, b, C]` (mode DCR, the default) or `[C, b, b]` (CRD, which is PixelShuffle). Spec: ONNX DepthToSpace 1, 11, 13.
 */
export const depthToSpace: OpHandler = defineOp({
  type: "DepthToSpace",
  links: ({ in: [x], out: [y], node }) => {
    if (!x || !y) return [];
    const b = intAttribute(node, "blocksize", 1);
    const [row, column, depth] = [factor("row", b), factor("column", b), y.axis(1)];
    return [
      same(x.axis(0), y.axis(0)),
      merge(stringAttribute(node, "mode", "DCR") === "CRD" ? [depth, row, column] : [row, column, depth], x.axis(1)),
      merge([x.axis(2), row], y.axis(2)),
      merge([x.axis(3), column], y.axis(3)),
      ...[y.axis(2), y.axis(3)].map((axis) => pin(axis, "spatial axis of DepthToSpace")),
    ];
  },
  train: ({ in: [x], out: [y], node, g }) => {
    if (!x || !y) return undefined;
    const [n, , h, w] = x.dims;
    const [b, c] = [intAttribute(node, "blocksize", 1), y.dim(1)];
    const crd = stringAttribute(node, "mode", "DCR") === "CRD";
    const split = g.reshape(x.name, crd ? [n!, c, b, b, h!, w!] : [n!, b, b, c, h!, w!]);
    return { outputs: [g.reshape(g.transpose(split, crd ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2]), y.dims)] };
  },
  zero: ([x]) => allZero([x]),
});
