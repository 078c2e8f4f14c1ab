import { MICROSOFT } from "./_microsoft.ts";
import { concat } from "./concat.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/**
 * Concat of integers that stand for numbers: first scale and zero point of the output, then value, scale and zero point
 * of each input. Spec: com.microsoft QLinearConcat 1.
 */
export const qLinearConcat: OpHandler = defineOp({
  type: "QLinearConcat",
  domain: MICROSOFT,
  links: (op) => concat.links!({ ...op, in: values(op.in) }),
  zero: (zero, op) => concat.zero!(values(zero), op),
});

const values = <T>(inputs: readonly T[]): T[] => inputs.filter((_, i) => i >= 2 && (i - 2) % 3 === 0);
