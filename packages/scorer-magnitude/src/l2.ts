import type { Scorer } from "@prune/core";
import { unitSums } from "./member-sums.ts";

/**
 * `S_u = (Σ w²)^½` over all weights w that would leave with unit u: producers, consumers and per-channel parameters.
 * Source: the group norm of Fang et al. 2023, "DepGraph", arXiv:2301.12900, eq. 4.
 * @returns importances, in units of a weight and at least 0; higher means keep
 */
export function l2(): Scorer {
  return { name: "l2", needs: [], score: (group) => Float32Array.from(unitSums(group, "square").sums, Math.sqrt) };
}
