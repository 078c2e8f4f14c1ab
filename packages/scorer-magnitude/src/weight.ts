import type { Scorer } from "@prune/core";
import { magnitudes } from "./magnitudes.ts";

/**
 * Weight: a neuron is worth what flows into it. Of a weight `|w_ij|`; of neuron i `Σ_j |w_ij|` over its incoming weights
 * alone, summed over kernels. It is the classic `Σ_j |w_ij|·|y_j|` with all activations y_j equal; other than `absolute`
 * and `l1` it leaves out the weights that read the neuron, biases and normalisation.
 * Source: Li et al. 2017, "Pruning Filters for Efficient ConvNets", arXiv:1608.08710, sec. 3.1.
 * @returns importances, in units of a weight and at least 0; higher means keep
 */
export function weight(): Scorer {
  return { name: "weight", needs: [], weights: "incoming", scoreWeights: magnitudes };
}
