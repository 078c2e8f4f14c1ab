import type { Node } from "@prune/core";
import { errorNoKernel } from "../../errors.ts";
import { foreignKernels, slowKernelFor } from "../../foreign/kernels.ts";
import type { Kernel } from "../kernel.ts";
import { constant } from "./constant.ts";
import { convolutions } from "./conv.ts";
import { elementwise } from "./elementwise.ts";
import { linear } from "./linear.ts";
import { moves } from "./move.ts";
import { normalizations } from "./normalization.ts";
import { pools } from "./pool.ts";
import { recurrents } from "./recurrent.ts";
import { reductions } from "./reduce.ts";
import { resize } from "./resize.ts";
import { scatters } from "./scatter.ts";

const KERNELS: Readonly<Record<string, Kernel>> = {
  ...convolutions,
  ...elementwise,
  ...linear,
  ...moves,
  ...normalizations,
  ...pools,
  ...recurrents,
  ...reductions,
  ...scatters,
  Constant: constant,
  Resize: resize,
};

/** How a node is computed. @throws {PruneError} `runtime-failed` */
export function kernelFor(node: Node): Kernel {
  const standard = node.domain === "" || node.domain === "ai.onnx";
  const kernel = standard ? KERNELS[node.opType] : foreignKernels[node.domain]?.(node);
  if (!kernel) throw errorNoKernel(node);
  return kernel;
}

export { slowKernelFor };
