import { pin, same } from "../solver/link.ts";
import { allZero } from "./_broadcast.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/**
 * Every channel of `X: [N, C, …in]` read at the places that `grid: [N, …out, dimensions]` names: `Y: [N, C, …out]`. What
 * lies outside is zero, or a copy. Spec: ONNX GridSample 16, 20, 22.
 */
export const gridSample: OpHandler = defineOp({
  type: "GridSample",
  links: ({ in: [x, grid], out: [y] }) => {
    if (!x || !grid || !y) return [];
    return [
      ...[0, 1].map((i) => same(x.axis(i), y.axis(i))),
      same(grid.axis(0), y.axis(0)),
      ...y.dims.slice(2).map((_, i) => same(grid.axis(i + 1), y.axis(i + 2))),
      ...x.dims.slice(2).map((_, i) => pin(x.axis(i + 2), "is read at places known only at run time")),
      ...y.dims.slice(2).map((_, i) => pin(y.axis(i + 2), "spatial axis of GridSample")),
      pin(grid.axis(-1), "coordinates of GridSample"),
    ];
  },
  zero: ([x]) => allZero([x]),
});
