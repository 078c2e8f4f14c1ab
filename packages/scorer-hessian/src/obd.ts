import { matrixOf, scatter, sizeOf, toFloat32, type Scorer } from "@prune/core";
import { diagonalOf, momentsOf } from "./moments.ts";

/**
 * Optimal brain damage: `S = h·w²/2`, the loss in squared error of a layer's outputs when one weight leaves and all others
 * stay as they are, with `h = 2·E[x²]` for the input x that the weight multiplies. Of a unit: the sum over its weights.
 * Needs calibration data; layers whose inputs cannot be had are judged by w².
 * Source: LeCun, Denker and Solla 1990, "Optimal Brain Damage", eq. 5, with the Hessian of the layer-wise squared error.
 * @returns importances at least 0, in units of a squared output; higher means keep
 */
export function obd(): Scorer {
  return {
    name: "obd",
    needs: ["hessian"],
    scoreWeights: async (layer, context) => {
      const moments = await momentsOf(layer, context);
      const columns = layer.features * layer.kernel;
      const halves = moments?.map((block) => diagonalOf(block, columns));
      const scores = matrixOf(layer, toFloat32(layer.tensor)).map((w, at) => {
        const block = Math.floor(at / columns / layer.rows);
        return w * w * (halves ? halves[block]![at % columns]! : 1);
      });
      return scatter(layer, scores, new Float32Array(sizeOf(layer.tensor.dims)));
    },
  };
}
