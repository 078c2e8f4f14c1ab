import { intsAttribute } from "../graph/node.ts";
import { sizeOf } from "../graph/tensor.ts";
import { same } from "../solver/link.ts";
import { allZero, firstUniform } from "./_broadcast.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/** Axis i of the output is axis `perm[i]` of the input; without `perm` their order is reversed. Spec: ONNX Transpose 1, 13. */
export const transpose: OpHandler = defineOp({
  type: "Transpose",
  moves: true,
  links: ({ in: [x], out: [y], node }) => {
    if (!x || !y) return [];
    const perm = intsAttribute(node, "perm");
    return y.dims.map((_, i) => same(x.axis(perm ? perm[i]! : x.rank - 1 - i), y.axis(i)));
  },
  origin: ({ in: [x], node }) => {
    if (!x) return undefined;
    const perm = intsAttribute(node, "perm") ?? x.dims.map((_, i) => x.rank - 1 - i);
    const steps = perm.map((axis) => sizeOf(x.dims.slice(axis + 1)));
    const sizes = perm.map((axis) => x.dim(axis));
    return (index) => {
      let from = 0;
      for (let axis = sizes.length - 1, rest = index; axis >= 0; axis--) {
        from += (rest % sizes[axis]!) * steps[axis]!;
        rest = Math.floor(rest / sizes[axis]!);
      }
      return from;
    };
  },
  gradient: ({ in: [x], dy: [dy], g, node }) => {
    const perm = intsAttribute(node, "perm") ?? x!.dims.map((_, i) => x!.rank - 1 - i);
    return [
      g.transpose(
        dy!,
        perm.map((_, i) => perm.indexOf(i)),
      ),
    ];
  },
  zero: ([x]) => allZero([x]),
  uniform: firstUniform,
});
