import { channelsFirst, float } from "../translate/graph-builder.ts";
import { isChannelsLast, paddingOf, spatial } from "./convolution.ts";
import type { OpRule, OpRules } from "./define-op.ts";
import { boolAttr, floatAttr, intAttr } from "./node-def.ts";

const pool =
  (type: "MaxPool" | "AveragePool", axes: number): OpRule =>
  ({ b, node, inputs }) => {
    const padding = paddingOf(node, axes);
    if (!padding || !isChannelsLast(node)) return undefined;
    return channelsFirst(b, inputs[0]!, axes + 2, (x) =>
      b.op(type, [x], {
        ...padding,
        kernel_shape: spatial(node, "ksize", axes),
        strides: spatial(node, "strides", axes),
      }),
    );
  };

const batchNorm: OpRule = ({ b, node, inputs, outputs }) => {
  if (outputs > 1 || !isChannelsLast(node)) return undefined;
  const [x, ...parameters] = inputs;
  return channelsFirst(b, x!, 4, (image) =>
    b.op("BatchNormalization", [image, ...parameters], { epsilon: float(floatAttr(node, "epsilon", 1e-3)) }),
  );
};

const resize =
  (mode: "linear" | "nearest"): OpRule =>
  ({ b, node, inputs, numbers }) => {
    const size = numbers(1);
    if (!size) return undefined;
    const coordinates = boolAttr(node, "align_corners")
      ? "align_corners"
      : boolAttr(node, "half_pixel_centers")
        ? "half_pixel"
        : "asymmetric";
    const nearest = coordinates === "asymmetric" ? "floor" : "round_prefer_ceil";
    return channelsFirst(b, inputs[0]!, 4, (x) =>
      b.op("Resize", [x, "", "", b.ints(size)], {
        axes: [2, 3],
        mode,
        coordinate_transformation_mode: coordinates,
        ...(mode === "nearest" ? { nearest_mode: nearest } : {}),
      }),
    );
  };

const depthToSpace: OpRule = ({ b, node, inputs }) =>
  isChannelsLast(node)
    ? channelsFirst(b, inputs[0]!, 4, (x) => b.op("DepthToSpace", [x], { blocksize: intAttr(node, "block_size", 2) }))
    : undefined;

export const poolings: OpRules = {
  MaxPool: pool("MaxPool", 2),
  AvgPool: pool("AveragePool", 2),
  MaxPool3D: pool("MaxPool", 3),
  AvgPool3D: pool("AveragePool", 3),
  FusedBatchNorm: batchNorm,
  FusedBatchNormV2: batchNorm,
  FusedBatchNormV3: batchNorm,
  ResizeBilinear: resize("linear"),
  ResizeNearestNeighbor: resize("nearest"),
  DepthToSpace: depthToSpace,
};
