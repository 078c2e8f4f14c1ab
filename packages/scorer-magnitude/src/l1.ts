import type { Scorer } from "@prune/core";
import { magnitudes } from "./magnitudes.ts";
import { memberSums } from "./member-sums.ts";

/**
 * `S_u = Σ |w|` over all weights w that would leave with unit u: producers, consumers and per-channel parameters. Of a
 * single weight, `|w|`.
 * Source: Li et al. 2017, "Pruning Filters for Efficient ConvNets", arXiv:1608.08710, sec. 3.1, over the group of
 * Fang et al. 2023, "DepGraph", arXiv:2301.12900.
 * @returns importances, in units of a weight and at least 0; higher means keep
 */
export function l1(): Scorer {
  return {
    name: "l1",
    needs: [],
    scoreMember: (member, group) => Float32Array.from(memberSums(member, group, "abs").sums),
    scoreWeights: magnitudes,
  };
}
