import { intAttribute, nodeOf } from "../graph/node.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/**
 * The sizes of a value. After a cut it still yields the sizes before it, so that all arithmetic on shapes keeps its
 * results: whatever uses one as the size of a cut axis has it replaced by that operator's own rule, and whatever
 * turns one into data (1/√d) stays frozen at the original value. Spec: ONNX Shape 1, 13, 15, 19.
 */
export const shape: OpHandler = defineOp({
  type: "Shape",
  readsSizes: true,
  links: () => [],
  gradient: "none",
  cut: ({ in: [x], out: [y], node, kept, int64, fresh }) => {
    if (!x || !y) return undefined;
    const clamp = (i: number): number => Math.min(x.rank, Math.max(0, i < 0 ? i + x.rank : i));
    const [start, end] = [clamp(intAttribute(node, "start", 0)), clamp(intAttribute(node, "end", x.rank))];
    const axes = x.dims.map((_, i) => i).slice(start, end);
    const left = axes.map((i) => kept(x.axis(i)));
    if (left.every((k) => k.whole)) return undefined;
    if (axes.every((i) => !x.isDynamic(i))) {
      return [nodeOf("Identity", [int64(axes.map((i) => x.dim(i)))], [y.name])];
    }
    const [now, scaled] = [fresh("shape"), fresh("shape")];
    return [
      { ...node, outputs: [now] },
      nodeOf("Mul", [now, int64(left.map((k) => (k.whole ? 1 : k.size)))], [scaled]),
      nodeOf("Div", [scaled, int64(left.map((k) => (k.whole ? 1 : k.count)))], [y.name]),
    ];
  },
});
