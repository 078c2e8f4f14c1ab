import { sizeOf, toNumbers } from "../graph/tensor.ts";
import type { Operand } from "./define-op.ts";

/** The number that a constant of one element holds; undefined for anything else. */
export function scalarOf(operand: Operand | undefined): number | undefined {
  if (!operand) return undefined;
  if (operand.tensor && sizeOf(operand.tensor.dims) === 1) return toNumbers(operand.tensor)[0];
  return operand.ints?.length === 1 ? operand.ints[0] : undefined;
}
