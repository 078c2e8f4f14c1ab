import type { Scorer } from "@prune/core";
import { magnitudes } from "./magnitudes.ts";
import { memberSums } from "./member-sums.ts";

/**
 * `S_u = (Σ w²)^½` over all weights w that would leave with unit u: producers, consumers and per-channel parameters. A
 * tensor has its own root of a sum of squares, and tensors are put together by another. Of a single weight, `|w|`.
 * Source: the group norm of Fang et al. 2023, "DepGraph", arXiv:2301.12900, eq. 4.
 * @returns importances, in units of a weight and at least 0; higher means keep
 */
export function l2(): Scorer {
  return {
    name: "l2",
    needs: [],
    aggregate: "root-sum-square",
    scoreMember: (member, group) => Float32Array.from(memberSums(member, group, "square").sums, Math.sqrt),
    scoreWeights: magnitudes,
  };
}
