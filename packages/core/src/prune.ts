import { errorNothingToPrune, errorScore } from "./errors.ts";
import type { Model } from "./model.ts";
import { applyCut } from "./plan/apply-cut.ts";
import { costModel, type CostModel } from "./plan/cost.ts";
import { cutOf, type Cut } from "./plan/cut.ts";
import { planOf, type Plan } from "./plan/plan.ts";
import { parseTarget, type TargetOption } from "./plan/target.ts";
import { verify, type Verification } from "./plan/verify.ts";
import type { Pruner } from "./pruner.ts";
import { reportOf, type Report } from "./report.ts";
import type { Scorer } from "./scorer.ts";
import { analyze, type Analysis, type AnalyzeOptions } from "./solver/analyze.ts";
import type { ChannelGroup } from "./solver/channel-group.ts";
import { probe } from "./solver/probe.ts";
import type { DimSizes } from "./solver/sample-inputs.ts";

/** What is being done, for a progress display. */
export type Stage = "analyze" | "score" | "plan" | "cut" | "verify";

export interface PruneOptions extends AnalyzeOptions {
  readonly pruner: Pruner;
  readonly scorer: Scorer;
  /** How much is to be left, e.g. `{ macs: 0.5 }`, or removed, `{ sparsity: 0.5 }`. */
  readonly target: TargetOption;
  /** Sizes for dynamic input dimensions, by dimension name. Default batch 1, images 64, sequences 16. */
  readonly dims?: DimSizes;
  /** Seed of everything random. Default 0. */
  readonly seed?: number;
  /** Accept a result in which nothing was removed. Default false. */
  readonly allowNoop?: boolean;
  /** Run the result and compare it with the masked original before it is returned. Default true. */
  readonly verify?: boolean;
  readonly onStage?: (stage: Stage) => void;
}

/** A pruned model and how it came about. */
export interface PruneResult {
  readonly model: Model;
  readonly plan: Plan;
  readonly report: Report;
}

/**
 * Prunes a model: finds what belongs together, scores it, decides, cuts, and proves the cut.
 * @throws {PruneError} `nothing-to-prune`, `target-unreachable`, `bad-option`, `verification-failed`, `runtime-failed`
 */
export async function prune(model: Model, options: PruneOptions): Promise<PruneResult> {
  const { pruner, scorer, seed = 0, onStage } = options;
  const target = parseTarget(options.target);
  onStage?.("analyze");
  const analysis = await analyzeModel(model, options);
  const costs = costModel(analysis);
  const scores = new Map<ChannelGroup, Promise<Float32Array>>();
  const score = (group: ChannelGroup): Promise<Float32Array> => {
    const known = scores.get(group) ?? checkedScore(scorer, group, analysis, seed);
    scores.set(group, known);
    return known;
  };
  onStage?.("score");
  const groups = analysis.groups.filter((g) => !g.blocked);
  const removed = await pruner.decide({ analysis, groups, costs, target, score });
  onStage?.("plan");
  const cut = cutOf(analysis, removed);
  if (!options.allowNoop && ![...removed.values()].some((gone) => gone.includes(1))) {
    throw errorNothingToPrune("the target asks for no more than the model already has");
  }
  return finish(model, analysis, costs, cut, planOf(analysis, cut, model.sha256()), options);
}

/** Options of {@link finish}. */
export type FinishOptions = Pick<PruneOptions, "dims" | "verify" | "onStage">;

/** Cuts, proves and reports: what `prune` and `replay` share. */
export async function finish(
  model: Model,
  analysis: Analysis,
  costs: CostModel,
  cut: Cut,
  plan: Plan,
  options: FinishOptions,
): Promise<PruneResult> {
  options.onStage?.("cut");
  const graph = applyCut(analysis, cut);
  options.onStage?.("verify");
  let verification: Verification | undefined;
  if (options.verify !== false)
    verification = await verify(analysis, cut, graph, model.runtime, { dims: options.dims ?? {} });
  return { model: model.withGraph(graph), plan, report: reportOf(analysis, costs, cut, verification) };
}

/** Analyses a model: shapes from its runtime, links from its operators. */
export function analyzeModel(
  model: Model,
  options: AnalyzeOptions & { readonly dims?: DimSizes } = {},
): Promise<Analysis> {
  return analyze(model.graph, (graph) => probe(graph, model.runtime, options.dims), options);
}

async function checkedScore(
  scorer: Scorer,
  group: ChannelGroup,
  analysis: Analysis,
  seed: number,
): Promise<Float32Array> {
  const scores = await scorer.score(group, { analysis, seed });
  if (scores.length !== group.size)
    throw errorScore(scorer.name, group.id, `${scores.length} scores for ${group.size} units`);
  if (!scores.every(Number.isFinite)) throw errorScore(scorer.name, group.id, "a score that is not finite");
  return scores;
}
