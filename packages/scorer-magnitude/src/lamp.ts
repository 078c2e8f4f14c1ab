import { toFloat32, type Scorer } from "@prune/core";
import { memberSums } from "./member-sums.ts";

/**
 * Layer-adaptive magnitude: `S_u = w_u² / Σ_{v: w_v² ≥ w_u²} w_v²` within a layer. The largest weight of every layer
 * scores 1, so that one threshold for all layers (`allocation: "global"`) leaves none of them empty. Equal weights score
 * the same.
 *
 * Of a unit, w_u² is the squared norm of its weights in a layer, and the layers that it goes through are averaged: in a
 * group every layer counts the same, however large its weights are.
 * Source: Lee et al. 2021, "Layer-adaptive Sparsity for the Magnitude-based Pruning", arXiv:2010.07611, eq. 1.
 * @returns importances in [0, 1]; higher means keep
 */
export function lamp(): Scorer {
  return {
    name: "lamp",
    needs: [],
    aggregate: "mean",
    scoreMember: (member, group, { analysis }) =>
      analysis.linear.some(({ tensor }) => tensor.name === member.tensor.name)
        ? lampScores(memberSums(member, group, "square").sums)
        : undefined,
    scoreWeights: ({ tensor }) => lampScores(Float64Array.from(toFloat32(tensor), (w) => w * w)),
  };
}

/** Each of some squares, divided by the sum of those that are not smaller. */
function lampScores(squares: Float64Array): Float32Array {
  const order = Uint32Array.from(squares.keys()).sort((a, b) => squares[b]! - squares[a]!);
  const scores = new Float32Array(squares.length);
  let sum = 0;
  for (let from = 0, to = 0; from < order.length; from = to) {
    const value = squares[order[from]!]!;
    for (; to < order.length && squares[order[to]!] === value; to++) sum += value;
    for (let i = from; i < to; i++) scores[order[i]!] = sum > 0 ? value / sum : 0;
  }
  return scores;
}
