import {
  evidenceOf,
  scoringWith,
  type ChannelGroup,
  type LinearLayer,
  type ScoreContext,
  type Scorer,
} from "@prune/core";

const fourDigits = (scores: Float32Array): number[] => Array.from(scores, (s) => Math.round(s * 1e4) / 1e4);
const none = { linear: [] } as unknown as ScoreContext["analysis"];

/** A group's scores, to four digits; for scorers that read weights alone. */
export async function scoresOf(scorer: Scorer, group: ChannelGroup, analysis = none): Promise<number[]> {
  return fourDigits(await scoringWith(scorer, { analysis, seed: 0, evidence: evidenceOf({}) }).group(group));
}

/** The scores of a layer's weights, to four digits. */
export async function weightScoresOf(scorer: Scorer, layer: LinearLayer): Promise<number[]> {
  return fourDigits(await scoringWith(scorer, { analysis: none, seed: 0, evidence: evidenceOf({}) }).weights(layer));
}
