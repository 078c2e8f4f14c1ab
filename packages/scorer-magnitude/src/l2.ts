import type { Scorer } from "@prune/core";
import { unitWeights } from "./norm.ts";

/**
 * Root of the sum of w² over all weights that would leave with a unit: producers, consumers and per-channel parameters.
 * Source: the group norm of Fang et al. 2023, "DepGraph", arXiv:2301.12900, eq. 4.
 */
export function l2(): Scorer {
  return { name: "l2", needs: [], score: (group) => Float32Array.from(unitWeights(group, "square").sums, Math.sqrt) };
}
