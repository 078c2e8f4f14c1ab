import type { Attribute } from "../graph/node.ts";
import { tensorOf } from "../graph/tensor.ts";
import { same } from "../solver/link.ts";
import { allZero, firstUniform } from "./_broadcast.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

const ALL_KEPT: Attribute = { type: "tensor", value: tensorOf("", "bool", [1], Uint8Array.of(1)) };

/** `data` with some elements dropped (none outside training), and the mask that says which. Spec: ONNX Dropout 1, 6, 7, 10, 12, 13. */
export const dropout: OpHandler = defineOp({
  type: "Dropout",
  links: ({ in: [x], out }) => out.flatMap((y) => (x && y ? x.dims.map((_, i) => same(x.axis(i), y.axis(i))) : [])),
  // Off, as when the network is used: a pruned network has little capacity to spare.
  train: ({ node, in: [x], g }) => {
    const mask = node.outputs[1] && x ? g.op("ConstantOfShape", [g.ints(x.dims)], { value: ALL_KEPT }) : undefined;
    return { outputs: [g.op("Identity", [node.inputs[0]]), mask] };
  },
  zero: ([x]) => allZero([x]),
  uniform: firstUniform,
});
