import { intAttribute, withAttributes } from "../graph/node.ts";
import { sizeOf } from "../graph/tensor.ts";
import { blocks, factor, merge, pin, same } from "../solver/link.ts";
import { contraction } from "./_contraction.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/**
 * Convolution that samples X at learned places. `X: [N, C, …]`, `W: [M, C/group, …kernel]`, `offset` and `mask`
 * `[N, offset_group · …, …]`, `B: [M]`, `Y: [N, M, …]`. The places are kept whole, and so is the number of
 * `offset_group` blocks of C that share them. Spec: ONNX DeformConv 19, 22.
 */
export const deformConv: OpHandler = defineOp({
  type: "DeformConv",
  links: ({ in: [x, w, offset, b, mask], out: [y], node }) => {
    if (!x || !w || !offset || !y) return [];
    const g = factor("group", intAttribute(node, "group", 1));
    const places = factor("offsets", intAttribute(node, "offset_group", 1));
    return [
      ...[offset, y, ...(mask ? [mask] : [])].map((v) => same(x.axis(0), v.axis(0))),
      merge([g, w.axis(1)], x.axis(1)),
      merge([g, factor("out", w.dim(0) / g.size)], w.axis(0)),
      merge([places, factor("shared", x.dim(1) / places.size)], x.axis(1)),
      same(w.axis(0), y.axis(1)),
      ...(b ? [same(w.axis(0), b.axis(0))] : []),
      ...(g.size > 1 ? [blocks(g)] : []),
      ...contraction(w, w.axis(0), w.axis(1)),
      pin(places, "groups of a DeformConv that share offsets"),
      pin(offset.axis(1), "offsets of a DeformConv"),
      ...(mask ? [pin(mask.axis(1), "offsets of a DeformConv")] : []),
      ...[x, offset, y, ...(mask ? [mask] : [])].flatMap((v) =>
        v.dims.slice(2).map((_, i) => pin(v.axis(i + 2), "spatial axis of a convolution")),
      ),
    ];
  },
  zero: ([, w, , b], { node }) => w === true && (b === true || !node.inputs[3]),
  cut: ({ node, keptFactor }) => {
    const group = keptFactor("group");
    return group.whole ? undefined : [withAttributes(node, { group: { type: "int", value: group.count } })];
  },
  macs: ({ in: [, w], out: [y] }) => (w && y ? sizeOf(y) * sizeOf(w.slice(1)) : 0),
});
