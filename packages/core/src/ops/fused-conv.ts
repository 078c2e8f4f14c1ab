import { same } from "../solver/link.ts";
import { keepsZero } from "./_activation.ts";
import { MICROSOFT } from "./_microsoft.ts";
import { conv } from "./conv.ts";
import { defineOp, type OpContext, type OpHandler } from "./define-op.ts";

/** The links of Z, which is added to the convolution: as Y. */
const added = ({ in: [, , , z], out: [y] }: OpContext): ReturnType<typeof same>[] =>
  z && y ? z.dims.map((_, i) => same(z.axis(i), y.axis(i))) : [];

/**
 * `Y = activation(Conv(X, W, B) + Z)`. It is no linear layer where an activation or Z is fused with it.
 * Spec: com.microsoft FusedConv 1.
 */
export const fusedConv: OpHandler = defineOp({
  type: "FusedConv",
  domain: MICROSOFT,
  links: (op) => [...conv.links!(op), ...added(op)],
  looseLinks: (op, torn) => {
    const links = conv.looseLinks!(op, torn);
    return links && [...links, ...added(op)];
  },
  zero: (zero, op) => keepsZero(op.node) && conv.zero!(zero, op) && (zero[3] === true || !op.node.inputs[3]),
  cut: conv.cut!,
  macs: conv.macs!,
});
