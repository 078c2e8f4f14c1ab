import { toNumbers } from "../graph/tensor.ts";
import { defineOp, type OpHandler } from "./define-op.ts";
import { withScaledShape } from "./_shape-operand.ts";

/** A tensor of the given shape with one value everywhere, default 0: its axes have sizes, no slices. Spec: ONNX ConstantOfShape 9. */
export const constantOfShape: OpHandler = defineOp({
  type: "ConstantOfShape",
  shapeInputs: [0],
  links: () => [],
  gradient: "none",
  zero: (_, { node: { attributes } }) =>
    attributes.value?.type !== "tensor" || toNumbers(attributes.value.value)[0] === 0,
  cut: (op) => withScaledShape(op, 0),
});
