import { errorBadOption, mapWeights, type Scorer } from "@prune/core";

export interface ContributionOptions {
  /** What a contribution is a share of: the "layer"'s total, or that of its "output". Default: the contribution itself. */
  readonly relative?: "layer" | "output" | undefined;
}

/**
 * The classic `|w|·|y|`: of a connection `S_ij = |w_ij|·|y_j|`, w_ij being the weight from input j to neuron i and |y_j|
 * the mean absolute activation of input j over the calibration set; of a neuron `S_i = Σ_j |w_ij|·|y_j|` over what flows
 * into it. In a convolution a neuron is a channel, and the sum is over the kernel too.
 *
 * With `relative` it is a share:
 * - of the layer's total, `S_ij / Σ_kl S_kl`, so that layers of different scale compare;
 * - of the output's total, `S_ij / Σ_k S_ik`: what input j gives of what reaches neuron i. What flows into a neuron is
 *   then 1 for all of them, so a neuron is scored by its outgoing connections: its share of what it is read for.
 *
 * Per connection it is Wanda (Sun et al. 2023, arXiv:2306.11695, eq. 1) with the mean of |y| for the norm of y.
 * @returns importances, in units of an activation, or shares; at least 0; higher means keep
 * @throws {PruneError} `bad-option`
 */
export function contribution({ relative }: ContributionOptions = {}): Scorer {
  if (relative !== undefined && relative !== "layer" && relative !== "output")
    throw errorBadOption("relative", '"layer" or "output"', relative);
  return {
    name: "contribution",
    needs: ["activations"],
    weights: relative === "output" ? "outgoing" : "incoming",
    scoreWeights: (layer, { evidence }) => {
      const { meanAbs } = evidence.get("activations").of(layer.input);
      const totals = new Float64Array(layer.blocks * layer.rows);
      // Which of the totals a row is measured by.
      const placeOf = (row: number): number => (relative === "output" ? row : 0);
      if (relative) mapWeights(layer, (w, input, row) => (totals[placeOf(row)]! += Math.abs(w) * meanAbs[input]!));
      else totals.fill(1);
      return mapWeights(layer, (w, input, row) => (Math.abs(w) * meanAbs[input]!) / (totals[placeOf(row)]! || 1));
    },
  };
}
