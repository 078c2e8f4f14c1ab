import { evidenceOf } from "../evidence/evidence.ts";
import { sizeOf } from "../graph/tensor.ts";
import type { Runtime } from "../model.ts";
import { costModel } from "../plan/cost.ts";
import { withEdits } from "../plan/edits.ts";
import type { Target } from "../plan/target.ts";
import type { PruneContext } from "../pruner.ts";
import { scoringWith } from "../scoring.ts";
import type { Scorer } from "../scorer.ts";
import type { Analysis } from "../solver/analyze.ts";

/**
 * What a pruner is given, for examples and tests; nothing can be run, and there is no calibration data.
 * @param scorer default: importances that are repeatable, differ, and are not in order
 */
export function pruneContext(analysis: Analysis, target: Target, scorer: Scorer = byPosition): PruneContext {
  const scoring = { analysis, seed: 0, evidence: evidenceOf({}) };
  const { group, weights } = scoringWith(scorer, scoring);
  const groups = analysis.groups.filter((g) => !g.blocked);
  return {
    analysis,
    groups,
    costs: costModel(analysis),
    target,
    score: group,
    scoreWeights: weights,
    scorer,
    scoring,
    runtime: noRuntime,
    calibration: undefined,
    after: (edits) => Promise.resolve(pruneContext(withEdits(analysis, edits), target, scorer)),
  };
}

const noRuntime: Runtime = {
  name: "none",
  open: () => Promise.reject(new Error("There is no runtime: this context is for decisions that run nothing.")),
};

const spread = (size: number): Float32Array =>
  Float32Array.from({ length: size }, (_, i) => 1 + ((i * 7 + 3) % (size + 1)));

const byPosition: Scorer = {
  name: "by-position",
  needs: [],
  score: ({ size }) => spread(size),
  scoreWeights: ({ tensor }) => spread(sizeOf(tensor.dims)),
};
