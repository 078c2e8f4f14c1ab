import { mapWeights, sumsOver, type LinearLayer, type ScoreContext, type Scorer } from "@prune/core";

/**
 * Weights and activations: of a connection `S_ij = |W_ij|·‖X_j‖₂`, X_j being input j over all samples and positions of
 * the calibration set. The norm is divided by the root of their number: within a layer it is a constant factor, and layers
 * with more positions do not seem more important for it. The paper compares connections within each output.
 *
 * Of a unit, `S_j = ‖W_:j‖₂·‖X_j‖₂` over its outgoing weights, which is the root of the sum of their squared scores.
 * Source: Sun et al. 2023, "A Simple and Effective Pruning Approach for Large Language Models", arXiv:2306.11695, eq. 1.
 * @returns importances, in units of an activation and at least 0; higher means keep
 */
export function wanda(): Scorer {
  return {
    name: "wanda",
    needs: ["activations"],
    weights: "outgoing",
    aggregate: "root-sum-square",
    scoreMember: (member, group, { analysis, evidence }) => {
      const layer = analysis.linear.find(({ tensor }) => tensor.name === member.tensor.name)!;
      const squares = weightScores(layer, evidence).map((s) => s * s);
      return sumsOver(member, group, squares).map(Math.sqrt);
    },
    scoreWeights: (layer, { evidence }) => weightScores(layer, evidence),
  };
}

function weightScores(layer: LinearLayer, evidence: ScoreContext["evidence"]): Float32Array {
  const norms = evidence.get("activations").of(layer.input).meanSquare.map(Math.sqrt);
  return mapWeights(layer, (w, input) => Math.abs(w) * norms[input]!);
}
