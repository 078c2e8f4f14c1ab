import { toFloat32, type Scorer } from "@prune/core";
import { errorNoHessian } from "./errors.ts";
import { perWeight } from "./per-weight.ts";

/**
 * GraSP, gradient signal preservation: removing weight θ changes the gradient flow `gᵀg` by about `S = −θ · (H·g)`, with
 * gradient g and Hessian H of the mean loss over the calibration set. What increases it most is removed first, so the
 * importance is `−S = θ · (H·g)`; of a unit the sum over all weights that would leave with it. Made for networks before
 * training.
 * Source: Wang et al. 2020, "Picking Winning Tickets Before Training by Preserving Gradient Flow", arXiv:2002.07376, eq. 8.
 * @returns importances of either sign, in units of gᵀg; higher means keep
 */
export function grasp(): Scorer {
  return {
    name: "grasp",
    needs: ["gradients"],
    ...perWeight(async (tensor, { evidence }) => {
      const { hessianGradient } = evidence.get("gradients");
      if (!hessianGradient) throw errorNoHessian();
      const product = await hessianGradient(tensor.name);
      return product && toFloat32(tensor).map((w, i) => w * product[i]!);
    }),
  };
}
