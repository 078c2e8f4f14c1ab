import { nodeOf } from "../graph/node.ts";
import { sizeOf } from "../graph/tensor.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/** The number of elements of a value; after a cut that before it, as with Shape. Spec: ONNX Size 1, 13, 19. */
export const size: OpHandler = defineOp({
  type: "Size",
  readsSizes: true,
  links: () => [],
  gradient: "none",
  cut: ({ in: [x], out: [y], node, kept, int64, fresh }) => {
    if (!x || !y) return undefined;
    const left = x.dims.map((_, i) => kept(x.axis(i))).filter((k) => !k.whole);
    if (!left.length) return undefined;
    if (x.dims.every((_, i) => !x.isDynamic(i))) return [nodeOf("Identity", [int64([sizeOf(x.dims)], [])], [y.name])];
    const [now, scaled] = [fresh("size"), fresh("size")];
    return [
      { ...node, outputs: [now] },
      nodeOf("Mul", [now, int64([sizeOf(left.map((k) => k.size))], [])], [scaled]),
      nodeOf("Div", [scaled, int64([sizeOf(left.map((k) => k.count))], [])], [y.name]),
    ];
  },
});
