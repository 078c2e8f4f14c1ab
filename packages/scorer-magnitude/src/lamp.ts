import { descending, toFloat32, type Scorer } from "@prune/core";
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
        ? unitScores(memberSums(member, group, "square").sums)
        : undefined,
    scoreWeights: ({ tensor }) => weightScores(toFloat32(tensor)),
  };
}

function unitScores(squares: Float64Array): Float32Array {
  const order = Uint32Array.from(squares.keys()).sort((a, b) => squares[b]! - squares[a]!);
  return lampScores(order, (i) => squares[i]!);
}

const weightScores = (weights: Float32Array): Float32Array =>
  lampScores(descending(weights.map(Math.abs)), (i) => weights[i]! ** 2);

/** Each of some squares, divided by the sum of those that are not smaller. @param order from the largest square down */
function lampScores(order: Uint32Array, squareOf: (index: number) => number): Float32Array {
  const scores = new Float32Array(order.length);
  let sum = 0;
  for (let from = 0, to = 0; from < order.length; from = to) {
    const value = squareOf(order[from]!);
    do sum += value;
    while (++to < order.length && squareOf(order[to]!) === value);
    for (let i = from; i < to; i++) scores[order[i]!] = sum > 0 ? value / sum : 0;
  }
  return scores;
}
