import type { ChannelGroup, ScoreContext, Scorer } from "@prune/core";

/** A group's scores, to four digits; for scorers that read weights alone. */
export function scoresOf(scorer: Scorer, group: ChannelGroup): number[] {
  const scores = scorer.score!(group, { seed: 0 } as ScoreContext) as Float32Array;
  return Array.from(scores, (s) => Math.round(s * 1e4) / 1e4);
}
