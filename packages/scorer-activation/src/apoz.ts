import { mapWeights, unitMeans, type Scorer } from "@prune/core";

/**
 * Average percentage of zeros: `S_u = 1 − APoZ_u`, `APoZ_u` being the fraction of samples and positions at which what the
 * layers that read unit u are given is exactly 0; a unit that is mostly 0 goes first. It tells apart only what comes out
 * of ReLU or another function with exact zeros: units that are never 0 all score 1, and among equals those of lower index
 * go first. A unit's indices, and the layers that read it, are averaged. Of a single weight, the importance of its input.
 * Source: Hu et al. 2016, "Network Trimming", arXiv:1607.03250, eq. 1.
 * @returns importances in [0, 1]; higher means keep
 */
export function apoz(): Scorer {
  return {
    name: "apoz",
    needs: ["activations"],
    weights: "outgoing",
    aggregate: "mean",
    scoreMember: (member, group, { analysis, evidence }) =>
      unitMeans(analysis, group, member, (axis) => evidence.get("activations").of(axis).zeroFraction.map(remaining)),
    scoreWeights: (layer, { evidence }) => {
      const { zeroFraction } = evidence.get("activations").of(layer.input);
      return mapWeights(layer, (_, input) => remaining(zeroFraction[input]!));
    },
  };
}

const remaining = (zeros: number): number => 1 - zeros;
