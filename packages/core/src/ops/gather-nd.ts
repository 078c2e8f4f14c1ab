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
  gradient: ({ in: [x, at], dy: [dy], node, g }) => {
    const batch = intAttribute(node, "batch_dims", 0);
    if (batch === 0) return [g.op("ScatterND", [g.zeros(x!.dims), at!.name, dy], { reduction: "add" })];
    // The axes that the two share become coordinates like the others.
    const lead = x!.dims.slice(0, batch);
    const inner = at!.dims.slice(batch, -1);
    const own = lead.map((size, i) => {
      const shape = [...lead.map((_, j) => (i === j ? size : 1)), ...inner.map(() => 1), 1];
      return g.expand(
        g.ints(
          Array.from({ length: size }, (_, n) => n),
          shape,
        ),
        [...lead, ...inner, 1],
      );
    });
    const coordinates = g.op("Concat", [...own, at!.name], { axis: -1 });
    return [g.op("ScatterND", [g.zeros(x!.dims), coordinates, dy], { reduction: "add" })];
  },
  zero: ([x]) => x === true,
});
