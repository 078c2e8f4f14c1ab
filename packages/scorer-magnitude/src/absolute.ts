import type { Scorer } from "@prune/core";
import { unitWeights } from "./norm.ts";

/**
 * Absolute value: mean |w| over all weights that would leave with a unit, so that units of members of different
 * size compare. On a dense layer alone it ranks as the sum of |w| over a neuron's weights does.
 * Source: Han et al. 2015, "Learning both Weights and Connections", arXiv:1506.02626, averaged over a unit.
 */
export function absolute(): Scorer {
  return {
    name: "absolute",
    needs: [],
    score: (group) => {
      const { sums, counts } = unitWeights(group, "abs");
      return Float32Array.from(sums, (sum, i) => (counts[i] ? sum / counts[i] : 0));
    },
  };
}
