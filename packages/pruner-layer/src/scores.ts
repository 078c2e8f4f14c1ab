import type { PruneContext } from "@prune/core";
import type { Block } from "./blocks.ts";
import { blockInfluence } from "./influence.ts";

/** What blocks are ranked by. */
export type Ranking = "sum" | "mean" | "influence";

export const RANKINGS: readonly Ranking[] = ["sum", "mean", "influence"];

/** A block's score under each ranking that could be measured; lower leaves first. */
export type Scores = { readonly [K in Ranking]?: number };

/**
 * Scores blocks of the network that a context is of.
 * @param source the value that is read in place of one that is bypassed
 */
export async function scoresOf(
  context: PruneContext,
  blocks: readonly Block[],
  rankings: readonly Ranking[],
  source: (value: string) => string,
): Promise<Scores[]> {
  const sums = rankings.includes("sum") || rankings.includes("mean") ? await sumsOf(context, blocks) : [];
  const { analysis, runtime, calibration } = context;
  const influence =
    rankings.includes("influence") && calibration
      ? await blockInfluence(analysis, blocks, runtime, calibration, source)
      : undefined;
  return blocks.map((_, i) => {
    const found = { ...sums[i], ...(influence ? { influence: influence[i]! } : {}) };
    return Object.fromEntries(Object.entries(found).filter(([name]) => rankings.includes(name as Ranking)));
  });
}

/** Sums of the importances of all weights of each block, and the same per weight. */
async function sumsOf(
  { analysis, scoreWeights }: PruneContext,
  blocks: readonly Block[],
): Promise<Pick<Scores, "sum" | "mean">[]> {
  const scores: { sum: number; mean: number }[] = [];
  for (const { nodes } of blocks) {
    const outputs = new Set([...nodes].map((node) => node.outputs[0]));
    let [sum, count] = [0, 0];
    for (const layer of analysis.linear.filter((l) => outputs.has(l.node.outputs[0]))) {
      const weights = await scoreWeights(layer);
      for (const score of weights) sum += score;
      count += layer.blocks * layer.rows * layer.features * layer.kernel;
    }
    scores.push({ sum, mean: sum / Math.max(1, count) });
  }
  return scores;
}
