import { pin, same } from "../solver/link.ts";
import { allZero } from "./_broadcast.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/**
 * Every channel of `X: [N, C, H, W]` pooled over regions: `rois: [R, 4]`, `batch_indices: [R]`, `Y: [R, C, h, w]`.
 * Spec: ONNX RoiAlign 10, 16, 22; MaxRoiPool 1, 22 (whose `rois: [R, 5]` hold the batch index too).
 */
export const regionPools: readonly OpHandler[] = ["RoiAlign", "MaxRoiPool"].map((type) =>
  defineOp({
    type,
    links: ({ in: [x, rois, batch], out: [y] }) => {
      if (!x || !rois || !y) return [];
      return [
        same(x.axis(1), y.axis(1)),
        same(rois.axis(0), y.axis(0)),
        ...(batch ? [same(batch.axis(0), y.axis(0))] : []),
        ...[0, 2, 3].map((i) => pin(x.axis(i), `is read by ${type} at regions known only at run time`)),
        ...[2, 3].map((i) => pin(y.axis(i), `spatial axis of ${type}`)),
        pin(rois.axis(0), `regions of ${type}`),
        pin(rois.axis(1), `coordinates of ${type}`),
      ];
    },
    zero: ([x]) => allZero([x]),
  }),
);
