import { errorBadOption, type ChannelGroup, type Scorer } from "@prune/core";
import { memberSums, unitSums } from "./member-sums.ts";

export interface RelativeOptions {
  /** What a unit's share is taken of: "layer" (default), the total of each tensor; or "group", that of all units. */
  readonly over?: "layer" | "group";
}

/**
 * Relative value: a unit's share of a total of |w|, so that layers of different scale compare.
 *
 * - over the layer: `S_u = 1/M · Σ_T (Σ_{w ∈ T ∩ u} |w| / Σ_{w ∈ T} |w|)`, the mean over the group's M member tensors T
 *   of the share of T that belongs to unit u;
 * - over the group: `S_u = Σ_{w ∈ u} |w| / Σ_v Σ_{w ∈ v} |w|`, the share of all units v together.
 *
 * A total of 0 gives shares of 0. Source: the layer-wise normalisation of Molchanov et al. 2017, arXiv:1611.06440,
 * sec. 2.2, with a sum for the norm; and the row- and column-wise shares of Zhang et al. 2024, "RIA".
 * @returns importances in [0, 1]; higher means keep
 * @throws {PruneError} `bad-option`
 */
export function relative({ over = "layer" }: RelativeOptions = {}): Scorer {
  if (over !== "layer" && over !== "group") throw errorBadOption("over", '"layer" or "group"', over);
  return { name: "relative", needs: [], score: over === "group" ? shareOfGroup : shareOfLayers };
}

function shareOfGroup(group: ChannelGroup): Float32Array {
  const { sums } = unitSums(group, "abs");
  const total = sums.reduce((a, b) => a + b, 0);
  return Float32Array.from(sums, (sum) => share(sum, total));
}

function shareOfLayers(group: ChannelGroup): Float32Array {
  const shares = new Float64Array(group.size);
  for (const { sums, total } of memberSums(group, "abs")) {
    for (let unit = 0; unit < shares.length; unit++) shares[unit]! += share(sums[unit]!, total) / group.members.length;
  }
  return Float32Array.from(shares);
}

const share = (part: number, total: number): number => (total > 0 ? part / total : 0);
