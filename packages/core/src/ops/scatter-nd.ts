import { stringAttribute } from "../graph/node.ts";
import { pin, same, type Link } from "../solver/link.ts";
import { allZero } from "./_broadcast.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/**
 * `data` with slices written (or added, …): the last axis of `indices` holds `k` coordinates on the first axes of
 * `data`, and `updates` is `indices.dims[:-1] + data.dims[k:]`. Spec: ONNX ScatterND 11, 13, 16, 18.
 */
export const scatterNd: OpHandler = defineOp({
  type: "ScatterND",
  links: ({ in: [x, at, updates], out: [y] }) => {
    if (!x || !at || !updates || !y) return [];
    const [last, k] = [at.rank - 1, at.dim(-1)];
    return [
      ...x.dims.flatMap((_, i): Link[] => [
        same(x.axis(i), y.axis(i)),
        i < k ? pin(x.axis(i), "is written to by ScatterND") : same(x.axis(i), updates.axis(last + i - k)),
      ]),
      ...at.dims.map((_, i) =>
        i < last ? same(at.axis(i), updates.axis(i)) : pin(at.axis(i), "holds coordinates (ScatterND)"),
      ),
    ];
  },
  appends: ({ out: [y], node }) =>
    y && stringAttribute(node, "reduction", "none") === "none" ? [{ to: 0, by: [2], output: 0, along: y.axis(0) }] : [],
  gradient: ({ in: [, at, updates], dy: [dy], node, g, needs }) => {
    const reduction = stringAttribute(node, "reduction", "none");
    if (reduction !== "none" && reduction !== "add") return undefined;
    return [
      needs(0) ? (reduction === "add" ? dy : g.op("ScatterND", [dy, at!.name, g.zeros(updates!.dims)])) : undefined,
      undefined,
      needs(2) ? g.op("GatherND", [dy, at!.name]) : undefined,
    ];
  },
  zero: ([x, , updates]) => allZero([x, updates]),
});
