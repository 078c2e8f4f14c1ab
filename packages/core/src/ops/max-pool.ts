import { firstUniform } from "./_broadcast.ts";
import { pinAll } from "./_pin-all.ts";
import { poolLinks } from "./_pool.ts";
import { maxPoolForm, maxPoolGradient } from "./_pool-gradients.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/**
 * The largest element of every window, per channel; padding counts as −∞. `X, Y: [N, C, …]`. The optional second output
 * numbers elements across channels, so it blocks any cut. Spec: ONNX MaxPool 1, 8, 10, 11, 12, 22.
 */
export const maxPool: OpHandler = defineOp({
  type: "MaxPool",
  links: (op) => [
    ...poolLinks(op),
    ...(op.out[1] ? pinAll(op, "is numbered across channels by the Indices output of a MaxPool") : []),
  ],
  gradient: maxPoolGradient,
  train: maxPoolForm,
  zero: ([x]) => x === true,
  uniform: firstUniform,
});
