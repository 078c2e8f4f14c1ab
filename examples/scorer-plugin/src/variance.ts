import { type ChannelStatistics, type Scorer, unitMeans } from "@prune/core";

export interface VarianceOptions {
  /** Divides by E[y²], so that units of different scale compare. Default false. */
  readonly relative?: boolean;
}

/**
 * `S_u = E[y²] − E[y]²`, the variance over all samples and positions of what unit u yields to the layers that read it.
 * A unit's indices, and the layers that read it, are averaged.
 * Source: after the inbound pruning of Polyak and Wolf 2015, "Channel-level acceleration of deep face representations",
 * IEEE Access 3, which goes by the variance of what channels give to each filter.
 * @returns importances, in squares of activations (fractions if relative) and at least 0; higher means keep
 */
export function variance({ relative = false }: VarianceOptions = {}): Scorer {
  const spread = ({ mean, meanSquare }: ChannelStatistics): Float64Array =>
    mean.map((m, i) => Math.max(0, meanSquare[i]! - m * m) / (relative ? meanSquare[i]! || 1 : 1));
  return {
    name: "variance",
    needs: ["activations"],
    weights: "outgoing",
    aggregate: "mean",
    scoreMember: (member, group, { analysis, evidence }) =>
      unitMeans(analysis, group, member, (axis) => spread(evidence.get("activations").of(axis))),
  };
}
