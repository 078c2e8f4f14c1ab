import type { ChannelGroup, Scorer } from "@prune/core";
import { memberSums, unitWeights } from "./norm.ts";

export interface RelativeOptions {
  /**
   * What a unit's share is taken of: "layer" (default), each tensor's own total of |w|, averaged over the tensors;
   * or "group", the total of all tensors together.
   */
  readonly over?: "layer" | "group";
}

/**
 * Relative value: a unit's share of the total |w|. Shares of one group add up to 1, so groups compare under a global
 * threshold. Source: the layer-wise normalisation of Molchanov et al. 2017, arXiv:1611.06440, sec. 2.2, with a sum.
 */
export function relative({ over = "layer" }: RelativeOptions = {}): Scorer {
  return { name: "relative", needs: [], score: over === "group" ? shareOfGroup : shareOfLayers };
}

function shareOfGroup(group: ChannelGroup): Float32Array {
  const { sums } = unitWeights(group, "abs");
  return Float32Array.from(sums, shareOf(sums));
}

function shareOfLayers(group: ChannelGroup): Float32Array {
  const shares = new Float64Array(group.size);
  for (const member of group.members) {
    const sums = memberSums(group, member, "abs");
    const share = shareOf(sums);
    for (let i = 0; i < shares.length; i++) shares[i]! += share(sums[i]!) / group.members.length;
  }
  return Float32Array.from(shares);
}

function shareOf(sums: Float64Array): (sum: number) => number {
  const total = sums.reduce((a, b) => a + b, 0);
  return (sum) => (total > 0 ? sum / total : 0);
}
