import { evidenceOf, type EvidenceKind } from "../evidence/evidence.ts";
import type { ScoreContext, Scorer } from "../scorer.ts";
import { scoringWith } from "../scoring.ts";
import type { Analysis } from "../solver/analyze.ts";
import type { ChannelGroup } from "../solver/channel-group.ts";
import { Findings } from "./findings.ts";
import { permuteUnits } from "./permute-units.ts";
import { analyzeSample, sampleNetworks } from "./sample-networks.ts";

export interface ScorerCheckOptions {
  /** Whether scores follow the units when these change places; false for scores that are drawn. Default true. */
  readonly permutes?: boolean;
  /** What the scorer gets besides the group; for one that needs more than weights. Default seed 1 and the analysis. */
  readonly context?: (analysis: Analysis, group: ChannelGroup) => ScoreContext;
}

const KINDS: readonly EvidenceKind[] = ["activations", "samples", "gradients", "hessian"];

/**
 * Holds a scorer to its laws on every group of some tiny networks: it has a name and says what it needs; it gives one
 * finite number per unit, as a Float32Array, the same every time; it changes no weight; and when the units of a group
 * change places, so do their scores.
 * @returns the laws that it breaks, in words; empty when all hold
 */
export async function checkScorer(scorer: Scorer, options: ScorerCheckOptions = {}): Promise<string[]> {
  const findings = new Findings();
  const { context = (analysis) => ({ analysis, seed: 1, evidence: evidenceOf({}) }), permutes = true } = options;
  if (!/^[\w./@-]+$/.test(scorer.name)) findings.add(`has no name that a command line could take: "${scorer.name}"`);
  for (const kind of scorer.needs) if (!KINDS.includes(kind)) findings.add(`needs "${kind}", which there is not`);

  for (const sample of sampleNetworks()) {
    const analysis = await analyzeSample(sample);
    for (const group of analysis.groups) {
      if (group.blocked) continue;
      const place = `sample "${sample.name}", group "${group.id}"`;
      const score = (of: Analysis, g: ChannelGroup): Promise<Float32Array | undefined> =>
        findings.attempt("throws", place, () =>
          scorer.score ? scorer.score(g, context(of, g)) : scoringWith(scorer, context(of, g)).group(g),
        );
      const before = weightsOf(group);
      const scores = await score(analysis, group);
      const again = scores && (await score(analysis, group));
      if (weightsOf(group) !== before) findings.add("changes the weights it reads", place);
      if (!scores || !again) continue;
      checkScores(scores, group, place, findings);
      if (again.join() !== scores.join()) findings.add("gives other scores the second time", place);
      else if (permutes) {
        const order = Array.from({ length: group.size }, (_, i) => i).toSorted((a, b) => (b % 2) - (a % 2) || b - a);
        const graph = permuteUnits(analysis, group, order);
        const moved = await analyzeSample(sample, graph);
        const twin = moved.groups.find((g) => g.id === group.id)!;
        const other = await score(moved, twin);
        const same = other && order.every((from, unit) => near(other[unit]!, scores[from]!));
        if (!same) findings.add("gives units other scores when they change places", place);
      }
    }
  }
  return findings.list();
}

function checkScores(scores: Float32Array, { size }: ChannelGroup, place: string, findings: Findings): void {
  if (!(scores instanceof Float32Array)) findings.add("gives something other than a Float32Array", place);
  if (scores.length !== size)
    findings.add("does not give one score per unit", `${scores.length} for ${size}, ${place}`);
  if (!Array.from(scores).every(Number.isFinite)) findings.add("gives a score that is not finite", place);
}

const weightsOf = ({ members }: ChannelGroup): string => members.map((m) => m.tensor.bytes().join()).join(";");

/** Sums in another order differ in their last digits. */
const near = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-5 * Math.max(Math.abs(a), Math.abs(b), 1e-3);
