import type { Scorer } from "@prune/core";
import { magnitudes } from "./magnitudes.ts";
import { memberSums, oncePerGroup, weightsPerUnit } from "./member-sums.ts";

/**
 * Absolute value: `S_u = Σ |w| / n_u` over all n_u weights w that would leave with unit u. Within a group it ranks as
 * `l1` does, since units have equally many weights; across groups it does not favour the layers with more of them. Of a
 * single weight, `|w|`.
 * Source: Han et al. 2015, "Learning both Weights and Connections", arXiv:1506.02626, sec. 3, averaged over a unit.
 * @returns importances, in units of a weight and at least 0; higher means keep
 */
export function absolute(): Scorer {
  const counts = oncePerGroup(weightsPerUnit);
  return {
    name: "absolute",
    needs: [],
    scoreMember: (member, group) =>
      Float32Array.from(memberSums(member, group, "abs").sums, (sum, unit) => sum / (counts(group)[unit] || 1)),
    scoreWeights: magnitudes,
  };
}
