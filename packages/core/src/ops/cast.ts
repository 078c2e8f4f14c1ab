import { intAttribute } from "../graph/node.ts";
import { broadcastLinks, allZero, firstUniform } from "./_broadcast.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/** ONNX's number for float32. */
const FLOAT = 1;

/**
 * `input` in another element type: that of an attribute, or (CastLike) that of a second input, whose slices play no
 * part. Sizes that become numbers this way are those before a cut, as Shape sees to. Spec: ONNX Cast 1, 6, 9, 13, CastLike 15.
 */
export const casts: readonly OpHandler[] = ["Cast", "CastLike"].map((type) =>
  defineOp({
    type,
    links: (op) => broadcastLinks(op, op.in.slice(0, 1)),
    zero: ([x]) => allZero([x]),
    // Training graphs know no other float type than float32, so what is cast to another type has no gradient.
    gradient: ({ node, dy }) => (intAttribute(node, "to", FLOAT) === FLOAT ? dy : []),
    uniform: firstUniform,
  }),
);
