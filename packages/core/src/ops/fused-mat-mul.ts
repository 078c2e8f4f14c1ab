import { intAttribute } from "../graph/node.ts";
import { anyZero } from "./_broadcast.ts";
import { MICROSOFT } from "./_microsoft.ts";
import { pinAll } from "./_pin-all.ts";
import { defineOp, type OpHandler, type Operand } from "./define-op.ts";
import { matMul } from "./mat-mul.ts";

/** An operand as if its last two axes had changed places. */
function transposed(x: Operand): Operand {
  const place = (axis: number): number => {
    const at = axis < 0 ? axis + x.rank : axis;
    if (at < x.rank - 2) return at;
    return at === x.rank - 1 ? x.rank - 2 : x.rank - 1;
  };
  return {
    ...x,
    dims: x.dims.map((_, i) => x.dim(place(i))),
    axis: (axis) => x.axis(place(axis)),
    dim: (axis) => x.dim(place(axis)),
    isDynamic: (axis) => x.isDynamic(place(axis)),
  };
}

/** `Y = α·A'·B'`, where A' and B' may have their last two axes swapped. Spec: com.microsoft FusedMatMul, TransposeMatMul 1. */
export const fusedMatMuls: readonly OpHandler[] = ["FusedMatMul", "TransposeMatMul"].map((type) =>
  defineOp({
    type,
    domain: MICROSOFT,
    links: (op) => {
      if (intAttribute(op.node, "transBatchA", 0) || intAttribute(op.node, "transBatchB", 0))
        return pinAll(op, `${type} with its batch axes moved`);
      const seen = (i: number, attribute: string): Operand | undefined => {
        const x = op.in[i];
        return x && x.rank > 1 && intAttribute(op.node, attribute, 0) ? transposed(x) : x;
      };
      return matMul.links!({ ...op, in: [seen(0, "transA"), seen(1, "transB")] });
    },
    zero: anyZero,
    macs: ({ in: [a], out: [y], node }) =>
      a && y ? y.reduce((p, d) => p * d, 1) * (a.at(intAttribute(node, "transA", 0) ? -2 : -1) ?? 1) : 0,
  }),
);
