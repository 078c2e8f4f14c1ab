import type { Scorer } from "@prune/core";
import { unitWeights } from "./norm.ts";

/**
 * Sum of |w| over all weights that would leave with a unit: producers, consumers and per-channel parameters.
 * Source: Li et al. 2017, "Pruning Filters for Efficient ConvNets", arXiv:1608.08710, sec. 3.1, over the group of
 * Fang et al. 2023, "DepGraph", arXiv:2301.12900.
 */
export function l1(): Scorer {
  return { name: "l1", needs: [], score: (group) => Float32Array.from(unitWeights(group, "abs").sums) };
}
