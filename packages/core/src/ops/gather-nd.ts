import { intAttribute } from "../graph/node.ts";
import { pin, same, type Link } from "../solver/link.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/**
 * `output = indices.dims[:-1] + data.dims[b+k:]`, where the last axis of `indices` holds `k` coordinates on the axes of
 * `data` that follow `b = batch_dims` axes the two share. Spec: ONNX GatherND 11, 12, 13.
 */
export const gatherNd: OpHandler = defineOp({
  type: "GatherND",
  links: ({ in: [x, at], out: [y], node }) => {
    if (!x || !at || !y) return [];
    const batch = intAttribute(node, "batch_dims", 0);
    const rows = batch + at.dim(-1);
    const last = at.rank - 1;
    return [
      ...x.dims.map((_, i): Link => {
        if (i < batch) return same(x.axis(i), at.axis(i));
        return i < rows
          ? pin(x.axis(i), "is looked up by indices (GatherND)")
          : same(x.axis(i), y.axis(last + i - rows));
      }),
      ...at.dims.map((_, i) =>
        i < last ? same(at.axis(i), y.axis(i)) : pin(at.axis(i), "holds coordinates (GatherND)"),
      ),
    ];
  },
  zero: ([x]) => x === true,
});
