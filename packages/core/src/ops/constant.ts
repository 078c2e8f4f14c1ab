import { defineOp, type OpHandler } from "./define-op.ts";

/** A tensor in the graph; a cut slices it like an initializer. Spec: ONNX Constant 1, 9, 11, 12, 13, 19. */
export const constant: OpHandler = defineOp({ type: "Constant", links: () => [], gradient: "none" });
