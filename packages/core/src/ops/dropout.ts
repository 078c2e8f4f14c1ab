import { floatAttribute, type Attribute } from "../graph/node.ts";
import { tensorOf } from "../graph/tensor.ts";
import { same } from "../solver/link.ts";
import { allZero, firstUniform } from "./_broadcast.ts";
import { scalarOf } from "./_scalar.ts";
import { defineOp, type GradientRule, type OpHandler, type TrainContext, type TrainForm } from "./define-op.ts";

const ALL_KEPT: Attribute = { type: "tensor", value: tensorOf("", "bool", [1], Uint8Array.of(1)) };

/** `data` with some elements dropped (none outside training), and the mask that says which. Spec: ONNX Dropout 1, 6, 7, 10, 12, 13. */
export const dropout: OpHandler = defineOp({
  type: "Dropout",
  links: ({ in: [x], out }) => out.flatMap((y) => (x && y ? x.dims.map((_, i) => same(x.axis(i), y.axis(i))) : [])),
  // Off unless something is to be drawn, as when the network is used: a pruned network has little capacity to spare.
  train: (op) => {
    const {
      node,
      in: [x, ratio],
      g,
      opset,
      draw,
    } = op;
    const share = opset < 12 ? floatAttribute(node, "ratio", 0.5) : ratio ? scalarOf(ratio) : 0.5;
    if (draw && share !== undefined && share > 0) return active(op, share, draw());
    const mask = node.outputs[1] && x ? g.op("ConstantOfShape", [g.ints(x.dims)], { value: ALL_KEPT }) : undefined;
    return { outputs: [g.op("Identity", [node.inputs[0]]), mask] };
  },
  zero: ([x]) => allZero([x]),
  uniform: firstUniform,
});

const BOOL = 9;

/** What stays is scaled by `1 / (1 − ratio)`, and so is its gradient. */
function active({ node, g }: TrainContext, ratio: number, seed: number): TrainForm {
  const training = g.op("Cast", [g.scalar(1)], { to: BOOL });
  const outputs = g.ops("Dropout", [node.inputs[0], g.scalar(ratio), training], { seed }, 2);
  const gradient: GradientRule = ({ dy: [dy], g: emit }) => [emit.where(outputs[1]!, emit.scale(dy!, 1 / (1 - ratio)))];
  return { outputs, gradient };
}
