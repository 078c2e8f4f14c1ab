import { keepsZero } from "./_activation.ts";
import { MICROSOFT } from "./_microsoft.ts";
import { defineOp, type OpHandler } from "./define-op.ts";
import { gemm } from "./gemm.ts";

/** `Y = activation(Gemm(A, B, C))`. Spec: com.microsoft FusedGemm 1. */
export const fusedGemm: OpHandler = defineOp({
  type: "FusedGemm",
  domain: MICROSOFT,
  links: gemm.links!,
  zero: (zero, op) => keepsZero(op.node) && gemm.zero!(zero, op),
  macs: gemm.macs!,
});
