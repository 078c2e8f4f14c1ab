import { intAttribute } from "../graph/node.ts";
import { same } from "../solver/link.ts";
import { pinAll } from "./_pin-all.ts";
import { batchNormForm } from "./_batch-norm-training.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/**
 * `Y = scale · (X − mean) / √(var + ε) + B` per channel. `X, Y: [N, C, …]`, the parameters `[C]` (`[C, …]` with the
 * old `spatial` = 0). In training mode, and where it gives statistics, nothing is cut. Spec: ONNX BatchNormalization 7, 9, 14, 15.
 */
export const batchNormalization: OpHandler = defineOp({
  type: "BatchNormalization",
  links: (op) => {
    const {
      in: [x, ...parameters],
      out: [y],
    } = op;
    if (!x || !y) return [];
    if (intAttribute(op.node, "training_mode", 0) || op.out.slice(1).some(Boolean)) {
      return pinAll(op, "is normalised by the statistics of a batch: BatchNormalization in training mode");
    }
    const channel = x.rank > 1 ? 1 : 0;
    return [
      ...x.dims.map((_, i) => same(x.axis(i), y.axis(i))),
      ...parameters.flatMap((p) => (p ? p.dims.map((_, i) => same(p.axis(i), x.axis(channel + i))) : [])),
    ];
  },
  train: batchNormForm,
  scaleInput: 1,
  zero: ([, scale, bias]) => scale === true && bias === true,
  uniform: ([x, , bias], [, scale]) => (x === true || scale === true) && bias === true,
});
