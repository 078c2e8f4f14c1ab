import { allZero, broadcastLinks, firstUniform } from "./_broadcast.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/**
 * `input` in another element type: that of an attribute, or (CastLike) that of a second input, whose slices play no
 * part. Sizes that become numbers this way are those before a cut, as Shape sees to. Spec: ONNX Cast 1, 6, 9, 13, CastLike 15.
 */
export const casts: readonly OpHandler[] = ["Cast", "CastLike"].map((type) =>
  defineOp({
    type,
    links: (op) => broadcastLinks(op, op.in.slice(0, 1)),
    zero: ([x]) => allZero([x]),
    uniform: firstUniform,
  }),
);
