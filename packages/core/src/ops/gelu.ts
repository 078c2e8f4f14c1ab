import { broadcastLinks } from "./_broadcast.ts";
import { MICROSOFT } from "./_microsoft.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/**
 * `Y = gelu(X + bias)`, exact, by tanh, or by a sigmoid; only BiasGelu and FastGelu take a bias, which FastGelu may leave
 * out. Zero where both are. Spec: com.microsoft Gelu, BiasGelu, FastGelu, QuickGelu 1.
 */
export const gelus: readonly OpHandler[] = ["Gelu", "BiasGelu", "FastGelu", "QuickGelu"].map((type) =>
  defineOp({
    type,
    domain: MICROSOFT,
    links: (op) => broadcastLinks(op),
    zero: ([x, bias], { node }) => x === true && (bias === true || !node.inputs[1]),
  }),
);
