import { intAttribute } from "../graph/node.ts";
import { factor, merge, pin, same } from "../solver/link.ts";
import { allZero } from "./_broadcast.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/** Blocks of pixels become channels: `[N, C, H·b, W·b]` → `[N, b·b·C, H, W]`, channel innermost. Spec: ONNX SpaceToDepth 1, 13. */
export const spaceToDepth: OpHandler = defineOp({
  type: "SpaceToDepth",
  links: ({ in: [x], out: [y], node }) => {
    if (!x || !y) return [];
    const b = intAttribute(node, "blocksize", 1);
    const [row, column] = [factor("row", b), factor("column", b)];
    return [
      same(x.axis(0), y.axis(0)),
      merge([row, column, x.axis(1)], y.axis(1)),
      merge([y.axis(2), row], x.axis(2)),
      merge([y.axis(3), column], x.axis(3)),
      ...[x.axis(2), x.axis(3)].map((axis) => pin(axis, "spatial axis of SpaceToDepth")),
    ];
  },
  train: ({ in: [x], out: [y], node, g }) => {
    if (!x || !y) return undefined;
    const b = intAttribute(node, "blocksize", 1);
    const split = g.reshape(x.name, [x.dim(0), x.dim(1), y.dim(2), b, y.dim(3), b]);
    return { outputs: [g.reshape(g.transpose(split, [0, 3, 5, 1, 2, 4]), y.dims)] };
  },
  zero: ([x]) => allZero([x]),
});
