import { errorBadOption, matrixOf, scatter, sizeOf, toFloat32, type Scorer } from "@prune/core";
import { diagonalOf, momentsOf } from "./moments.ts";

export interface ObdOptions {
  /**
   * What the Hessian's diagonal is of: "layer" (default), the squared error of each layer's outputs; or "fisher", the
   * loss, by the mean square of its gradient.
   */
  readonly diagonal?: "layer" | "fisher";
}

/**
 * Optimal brain damage: `S = h·w²/2`, what is lost when one weight leaves and all others stay as they are; of a unit, the
 * sum over its weights. Needs calibration data.
 *
 * - by layer, in squared error of the layer's outputs: `h = 2·E[x²]` for the input x that the weight multiplies. Layers
 *   whose inputs cannot be had are judged by w²;
 * - by Fisher, in the loss that the provider of gradients differentiates: `h = E[g²]`, `g = dL/dw` of single samples. The
 *   diagonal of the empirical Fisher matrix for that of the Hessian, as in Theis et al. 2018, arXiv:1801.05787, eq. 6.
 *
 * Source: LeCun, Denker and Solla 1990, "Optimal Brain Damage", eq. 5.
 * @returns importances at least 0, in units of what is lost; higher means keep
 * @throws {PruneError} `bad-option`
 */
export function obd({ diagonal = "layer" }: ObdOptions = {}): Scorer {
  if (diagonal === "fisher") return { name: "obd", needs: ["gradients"], scoreWeights: byFisher };
  if (diagonal !== "layer") throw errorBadOption("diagonal", '"layer" or "fisher"', diagonal);
  return { name: "obd", needs: ["hessian"], scoreWeights: byLayer };
}

type ScoreWeights = NonNullable<Scorer["scoreWeights"]>;

const byLayer: ScoreWeights = async (layer, context) => {
  const moments = await momentsOf(layer, context);
  const columns = layer.features * layer.kernel;
  const halves = moments?.map((block) => diagonalOf(block, columns));
  const scores = matrixOf(layer, toFloat32(layer.tensor)).map((w, at) => {
    const block = Math.floor(at / columns / layer.rows);
    return w * w * (halves ? halves[block]![at % columns]! : 1);
  });
  return scatter(layer, scores, new Float32Array(sizeOf(layer.tensor.dims)));
};

/** Weights that the loss does not depend on are worth nothing. */
const byFisher: ScoreWeights = ({ tensor }, { evidence }) => {
  const squares = evidence.get("gradients").meanSquare(tensor.name);
  return toFloat32(tensor).map((w, i) => (w * w * (squares?.[i] ?? 0)) / 2);
};
