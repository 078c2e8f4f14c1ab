import { intAttribute } from "../graph/node.ts";
import { inexact, pin, same } from "../solver/link.ts";
import { MICROSOFT } from "./_microsoft.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/**
 * Means over windows, or over all spatial axes, of integers that stand for numbers. `X, Y: [N, C, …]`, or `[N, …, C]`
 * with `channels_last`. Spec: com.microsoft QLinearAveragePool, QLinearGlobalAveragePool 1.
 */
export const qLinearPools: readonly OpHandler[] = ["QLinearAveragePool", "QLinearGlobalAveragePool"].map((type) =>
  defineOp({
    type,
    domain: MICROSOFT,
    links: ({ in: [x], out: [y], node }) => {
      if (!x || !y) return [];
      const channel = intAttribute(node, "channels_last", 0) ? x.rank - 1 : 1;
      const spatial = x.dims.map((_, i) => i).filter((i) => i !== 0 && i !== channel);
      return [
        same(x.axis(0), y.axis(0)),
        same(x.axis(channel), y.axis(channel)),
        ...(type === "QLinearGlobalAveragePool"
          ? spatial.map((i) => inexact(x.axis(i), `is mixed by ${type}`))
          : [x, y].flatMap((v) => spatial.map((i) => pin(v.axis(i), `spatial axis of ${type}`)))),
      ];
    },
    zero: ([x]) => x === true,
  }),
);
