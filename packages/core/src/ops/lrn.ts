import { floatAttribute, intAttribute } from "../graph/node.ts";
import { inexact, same } from "../solver/link.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/** Local response normalisation: every channel is divided by a power of its neighbours' squares. `X, Y: [N, C, …]`. Spec: ONNX LRN 1, 13. */
export const lrn: OpHandler = defineOp({
  type: "LRN",
  links: ({ in: [x], out: [y] }) =>
    x && y
      ? [
          ...x.dims.map((_, i) => same(x.axis(i), y.axis(i))),
          inexact(x.axis(1), "is normalised over its neighbours by LRN"),
        ]
      : [],
  // Y = X / (bias + alpha / size · Σ X²)^beta, the sum over `size` neighbouring channels.
  train: ({ in: [x], node, g }) => {
    if (!x) return undefined;
    const size = intAttribute(node, "size", 1);
    const [before, after] = [Math.floor((size - 1) / 2), Math.ceil((size - 1) / 2)];
    const around = (n: number): number[] => x.dims.map((_, i) => (i === 1 ? n : 0));
    const squares = g.pad(g.mul(x.name, x.name), [...around(before), ...around(after)]);
    const neighbours = Array.from({ length: size }, (_, i) => g.slice(squares, [1], [i], [i + x.dim(1)]));
    const scaled = g.scale(g.sum(neighbours), floatAttribute(node, "alpha", 1e-4) / size);
    const base = g.shift(scaled, floatAttribute(node, "bias", 1));
    return { outputs: [g.mul(x.name, g.op("Pow", [base, g.scalar(-floatAttribute(node, "beta", 0.75))]))] };
  },
  zero: ([x]) => x === true,
});
