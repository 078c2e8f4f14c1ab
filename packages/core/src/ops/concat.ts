import { intAttribute } from "../graph/node.ts";
import { offset, same, type Link } from "../solver/link.ts";
import { allZero } from "./_broadcast.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/** Inputs one after another along `axis`; their other axes agree. Spec: ONNX Concat 1, 4, 11, 13. */
export const concat: OpHandler = defineOp({
  type: "Concat",
  links: ({ in: inputs, out: [y], node }) => {
    if (!y) return [];
    const along = y.axis(intAttribute(node, "axis", 1)).axis;
    const links: Link[] = [];
    let start = 0;
    for (const x of inputs) {
      if (!x) continue;
      for (let i = 0; i < x.rank; i++) {
        links.push(i === along ? offset(x.axis(i), y.axis(i), start, x.dim(i)) : same(x.axis(i), y.axis(i)));
      }
      start += x.dim(along);
    }
    return links;
  },
  appends: ({ in: inputs, out: [y], node }) => {
    const all = inputs.map((_, i) => i);
    const along = y?.axis(intAttribute(node, "axis", 1));
    return along ? all.map((to) => ({ to, by: all.filter((i) => i !== to), output: 0, along })) : [];
  },
  gradient: ({ in: inputs, out: [y], dy: [dy], g, node }) => {
    const along = y!.axis(intAttribute(node, "axis", 1)).axis;
    const sizes = inputs.map((x) => x!.dim(along));
    return sizes.length === 1 ? [dy] : g.ops("Split", [dy!, g.ints(sizes)], { axis: along }, sizes.length);
  },
  zero: (zero) => allZero(zero.filter((z) => z !== undefined)),
  // Two inputs that share the axis may be uniform with different numbers.
  uniform: (uniform) => uniform.filter((u) => u !== undefined).join() === "true",
});
