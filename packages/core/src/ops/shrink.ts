import { floatAttribute } from "../graph/node.ts";
import { broadcastLinks } from "./_broadcast.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/** `x + bias` below −λ, `x − bias` above λ, 0 between; a negative λ leaves no between. Spec: ONNX Shrink 9. */
export const shrink: OpHandler = defineOp({
  type: "Shrink",
  links: (op) => broadcastLinks(op),
  zero: ([x], { node }) =>
    x === true && (floatAttribute(node, "lambd", 0.5) >= 0 || floatAttribute(node, "bias", 0) === 0),
});
