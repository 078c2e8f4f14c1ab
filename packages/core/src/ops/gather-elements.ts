import { intAttribute } from "../graph/node.ts";
import { pin, same, type Link } from "../solver/link.ts";
import { defineOp, type OpHandler } from "./define-op.ts";
import { prefix } from "./_prefix.ts";

/**
 * `output[…, i, …] = data[…, indices[…, i, …], …]`: each element of `indices` picks along `axis`, and says its own
 * place on the others. Spec: ONNX GatherElements 11, 13.
 */
export const gatherElements: OpHandler = defineOp({
  type: "GatherElements",
  links: ({ in: [x, at], out: [y], node }) => {
    if (!x || !at || !y) return [];
    const axis = x.axis(intAttribute(node, "axis", 0)).axis;
    return y.dims.flatMap((_, i): Link[] => [
      same(at.axis(i), y.axis(i)),
      i === axis ? pin(x.axis(i), "is looked up by indices (GatherElements)") : prefix(x, y, i),
    ]);
  },
  gradient: ({ in: [x, at], dy: [dy], node, g }) => [
    g.op("ScatterElements", [g.zeros(x!.dims), at!.name, dy], {
      axis: intAttribute(node, "axis", 0),
      reduction: "add",
    }),
  ],
  zero: ([x]) => x === true,
});
