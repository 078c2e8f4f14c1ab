import { feature, needsZero, type AxisRef, type Link } from "../solver/link.ts";
import type { Operand } from "./define-op.ts";

/**
 * Marks the axes of a kernel `w` as features that the operator yields (`output`) and contracts (`input`). A kernel that
 * is computed from the graph's inputs, as in a tracker, has no weights to cut: what it contracts must be zero instead.
 */
export const contraction = (w: Operand, output: AxisRef, input: AxisRef): Link[] =>
  w.isWeight
    ? [feature(output), feature(input, "input")]
    : [needsZero([input], "is summed over in a convolution of two activations")];
