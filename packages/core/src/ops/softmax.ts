import { intAttribute } from "../graph/node.ts";
import { pin, same } from "../solver/link.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

const softmaxLike = (
  type: string,
  since: number,
  axesOf: (axis: number, rank: number) => readonly number[],
): OpHandler =>
  defineOp({
    type,
    since,
    links: ({ in: [x], out: [y], node }) =>
      x && y
        ? [
            ...x.dims.map((_, i) => same(x.axis(i), y.axis(i))),
            ...axesOf(x.axis(intAttribute(node, "axis", since < 13 ? 1 : -1)).axis, x.rank).map((i) =>
              pin(x.axis(i), `${type} over this axis`),
            ),
          ]
        : [],
  });

/**
 * Softmax, its logarithm, and the one-hot maximum: never zero, and what goes would change all the rest. Before opset 13
 * they run over all axes from `axis` on at once, since then over `axis` alone. Spec: ONNX Softmax, LogSoftmax, Hardmax 1, 11, 13.
 */
export const softmaxes: readonly OpHandler[] = ["Softmax", "LogSoftmax", "Hardmax"].flatMap((type) => [
  softmaxLike(type, 1, (axis, rank) => Array.from({ length: rank - axis }, (_, i) => axis + i)),
  softmaxLike(type, 13, (axis) => [axis]),
]);
