import { intAttribute, intsAttribute, withAttributes } from "../graph/node.ts";
import { same, type Link } from "../solver/link.ts";
import { allZero } from "./_broadcast.ts";
import { defineOp } from "./define-op.ts";

/**
 * Pieces of `input` along `axis`, one per output; after a cut the pieces may have unequal sizes, which are then
 * spelled out. Sizes are an attribute before opset 13, an input since; both may be left out. Spec: ONNX Split 2, 11, 13, 18.
 */
export const split = defineOp({
  type: "Split",
  shapeInputs: [1],
  links: ({ in: [x], out, node }) => {
    if (!x) return [];
    const along = x.axis(intAttribute(node, "axis", 0)).axis;
    const links: Link[] = [];
    let start = 0;
    for (const y of out) {
      if (!y) continue;
      for (let i = 0; i < x.rank; i++) {
        if (i !== along) links.push(same(x.axis(i), y.axis(i)));
        else links.push({ kind: "segment", from: x.axis(i), fromStart: start, to: y.axis(i), toStart: 0, length: y.dim(i) });
      }
      start += y.dim(along);
    }
    return links;
  },
  zero: ([x]) => allZero([x]),
  cut: ({ in: [x], out, node, opset, kept, int64 }) => {
    if (!x) return undefined;
    const axis = x.axis(intAttribute(node, "axis", 0));
    if (kept(axis).whole) return undefined;
    const sizes = out.map((y) => (y ? kept(y.axis(axis.axis)).count : 0));
    if (opset < 13 || intsAttribute(node, "split")) return [withAttributes(node, { split: { type: "ints", value: sizes } })];
    const equal = withAttributes(node, { num_outputs: undefined });
    return [{ ...equal, inputs: [node.inputs[0]!, int64(sizes)] }];
  },
});
