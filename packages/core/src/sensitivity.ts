import type { DataSource } from "./data.ts";
import { errorBadOption, errorNothingToPrune } from "./errors.ts";
import type { EvidenceProvider } from "./evidence/evidence.ts";
import { gatherEvidence } from "./evidence/gather.ts";
import { type Journal, recall } from "./journal.ts";
import type { Model } from "./model.ts";
import { leastImportant } from "./plan/least-important.ts";
import { applyCut } from "./plan/apply-cut.ts";
import { cutOf } from "./plan/cut.ts";
import { sinkBodies } from "./passes/sink-bodies.ts";
import { analyzeSeen } from "./prune.ts";
import type { Scorer } from "./scorer.ts";
import { scoringWith, type ScoringOptions } from "./scoring.ts";
import type { AnalyzeOptions } from "./solver/analyze.ts";
import type { ChannelGroup } from "./solver/channel-group.ts";
import type { DimSizes } from "./solver/sample-inputs.ts";

export interface SensitivityOptions extends AnalyzeOptions, ScoringOptions {
  readonly scorer: Scorer;
  /** What a network is worth: accuracy, or any other number. */
  readonly evaluate: (model: Model) => Promise<number>;
  /** Fractions of a group's units that are removed, one after another. Default 0.25, 0.5, 0.75 and 0.9. */
  readonly ratios?: readonly number[];
  /** Samples for scorers that need statistics. */
  readonly calibration?: DataSource | undefined;
  readonly evidence?: readonly EvidenceProvider[];
  readonly dims?: DimSizes;
  readonly seed?: number;
  /** Remembers what was measured, so that a measurement that was interrupted goes on. Default: nothing is remembered. */
  readonly journal?: Journal | undefined;
  /** Hears how many of how many networks are measured. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** A network without some units of one group. */
export interface SensitivityPoint {
  /** Units removed, the least important ones. */
  readonly removed: number;
  /** The same as a fraction of the group. */
  readonly sparsity: number;
  readonly value: number;
}

/** What a network is worth as one group alone shrinks. */
export interface GroupSensitivity {
  readonly group: string;
  readonly kind: ChannelGroup["kind"];
  readonly size: number;
  readonly points: readonly SensitivityPoint[];
}

/** What a network is worth whole, and without units of each group by itself. */
export interface Sensitivity {
  readonly baseline: number;
  readonly groups: readonly GroupSensitivity[];
}

/**
 * Measures a network against sparsity, group by group: everything else stays whole, and nothing is retrained.
 * @throws {PruneError} `nothing-to-prune`, `bad-option`, `runtime-failed`
 */
export async function sensitivity(model: Model, options: SensitivityOptions): Promise<Sensitivity> {
  const { scorer, evaluate, ratios = [0.25, 0.5, 0.75, 0.9], seed = 0, calibration, journal, onProgress } = options;
  const wrong = ratios.find((r) => !(r > 0 && r < 1));
  if (!ratios.length || wrong !== undefined)
    throw errorBadOption("ratios", "fractions between 0 and 1", wrong ?? "none");
  const analysis = await analyzeSeen(model, { ...options, needs: scorer.needs });
  const providers = options.evidence;
  const who = `scorer "${scorer.name}"`;
  const evidence = await gatherEvidence(model, analysis, { who, kinds: scorer.needs, calibration, providers, seed });
  const scoring = scoringWith(scorer, { analysis, seed, evidence }, options);
  const groups = analysis.groups.filter((g) => !g.blocked);
  if (!groups.length) throw errorNothingToPrune("no group of channels can shrink");
  const counts = groups.map((g) => countsOf(g, ratios));
  const total = 1 + counts.reduce((n, list) => n + list.length, 0);
  let done = 0;
  const measure = async (name: string, subject: () => Model): Promise<number> => {
    const value = await recall(journal, name, () => evaluate(subject()));
    onProgress?.(++done, total);
    return value;
  };
  const baseline = await measure("original", () => model);
  const found: GroupSensitivity[] = [];
  for (const [i, group] of groups.entries()) {
    const scores = await scoring.group(group);
    const points: SensitivityPoint[] = [];
    for (const removed of counts[i]!) {
      const value = await measure(`${removed} of ${group.id}`, () => {
        const cut = cutOf(analysis, new Map([[group, leastImportant(scores, removed)]]));
        return model.withGraph(sinkBodies(applyCut(analysis, cut), analysis.bodies));
      });
      points.push({ removed, sparsity: removed / group.size, value });
    }
    found.push({ group: group.id, kind: group.kind, size: group.size, points });
  }
  return { baseline, groups: found };
}

/** Numbers of units to remove, ascending, each once; at least one unit goes and at least one stays. */
const countsOf = ({ size }: ChannelGroup, ratios: readonly number[]): number[] =>
  [...new Set(ratios.map((r) => Math.min(size - 1, Math.max(1, Math.round(size * r)))))].sort((a, b) => a - b);
