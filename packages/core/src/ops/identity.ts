import { allZero, broadcastLinks, firstUniform } from "./_broadcast.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/** Its input under another name. Spec: ONNX Identity 1, 13, 14, 16, 19. */
export const identity: OpHandler = defineOp({
  type: "Identity",
  moves: true,
  links: (op) => broadcastLinks(op),
  origin: () => (index) => index,
  gradient: ({ dy }) => dy,
  zero: ([x]) => allZero([x]),
  uniform: firstUniform,
});
