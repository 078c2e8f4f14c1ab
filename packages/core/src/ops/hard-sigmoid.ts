import { floatAttribute } from "../graph/node.ts";
import { broadcastLinks, firstUniform } from "./_broadcast.ts";
import { shared } from "./_flow.ts";
import { unaryGradient } from "./_unary-gradients.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/** `Y = max(0, min(1, α·X + β))`: β decides what zero becomes. Spec: ONNX HardSigmoid 1, 6, 22. */
export const hardSigmoid: OpHandler = defineOp({
  type: "HardSigmoid",
  links: (op) => broadcastLinks(op),
  gradient: unaryGradient("HardSigmoid")!,
  flow: ({ node, g }) => shared(node.inputs[0]!, g),
  zero: ([x], { node }) => x === true && floatAttribute(node, "beta", 0.5) <= 0,
  uniform: firstUniform,
});
