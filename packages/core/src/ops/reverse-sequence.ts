import { intAttribute } from "../graph/node.ts";
import { pin, same } from "../solver/link.ts";
import { allZero } from "./_broadcast.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/**
 * `X` with the first `sequence_lens[b]` indices of `time_axis` in reverse, for every index b of `batch_axis`.
 * Spec: ONNX ReverseSequence 10.
 */
export const reverseSequence: OpHandler = defineOp({
  type: "ReverseSequence",
  links: ({ in: [x, lengths], out: [y], node }) => {
    if (!x || !lengths || !y) return [];
    return [
      ...x.dims.map((_, i) => same(x.axis(i), y.axis(i))),
      same(lengths.axis(0), x.axis(intAttribute(node, "batch_axis", 1))),
      pin(x.axis(intAttribute(node, "time_axis", 0)), "is put into reverse by ReverseSequence"),
    ];
  },
  zero: ([x]) => allZero([x]),
});
