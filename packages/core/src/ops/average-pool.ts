import { intAttribute } from "../graph/node.ts";
import { poolLinks } from "./_pool.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/**
 * Mean or p-norm of every window, per channel; padding counts as 0 or not at all. `X, Y: [N, C, …]`.
 * Spec: ONNX AveragePool 1, 7, 10, 11, 19, 22; LpPool 1, 2, 11, 18, 22.
 */
export const averagePools: readonly OpHandler[] = ["AveragePool", "LpPool"].map((type) =>
  defineOp({
    type,
    links: poolLinks,
    zero: ([x]) => x === true,
    uniform: ([x], _, { node }) =>
      x === true && type === "AveragePool" && intAttribute(node, "count_include_pad", 0) === 0,
  }),
);
