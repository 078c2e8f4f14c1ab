import { intAttribute } from "../graph/node.ts";
import { pin, same, type Link } from "../solver/link.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/** The K largest or smallest elements along `axis` (default the last), and their indices. `K` is an attribute before opset 10. Spec: ONNX TopK 1, 10, 11. */
export const topK: OpHandler = defineOp({
  type: "TopK",
  shapeInputs: [1],
  gradient: ({ in: [x], out: [, indices], dy: [dy], node, g }) =>
    dy
      ? [g.op("ScatterElements", [g.zeros(x!.dims), indices!.name, dy], { axis: intAttribute(node, "axis", -1) })]
      : [],
  // The number was an attribute before opset 10; the gradient needs the indices.
  train: ({ node, opset, g }) => {
    const axis = intAttribute(node, "axis", -1);
    const order = { largest: intAttribute(node, "largest", 1), sorted: intAttribute(node, "sorted", 1) };
    const k = opset < 10 ? g.ints([intAttribute(node, "k", 1)]) : node.inputs[1];
    return { outputs: g.ops("TopK", [node.inputs[0], k], { axis, ...order }, 2) };
  },
  links: ({ in: [x], out, node }) => {
    if (!x) return [];
    const axis = x.axis(intAttribute(node, "axis", -1)).axis;
    return [
      pin(x.axis(axis), "is ranked by TopK"),
      ...out.flatMap((y) =>
        (y?.dims ?? []).map((_, i): Link => {
          const to = y!.axis(i);
          return i === axis ? pin(to, "is ranked by TopK") : same(x.axis(i), to);
        }),
      ),
    ];
  },
});
