import { type Checkpoints, under } from "./checkpoints.ts";
import type { DataSource } from "./data.ts";
import {
  errorDecision,
  errorDefect,
  errorNeedsCalibration,
  errorNeedsLabels,
  errorNothingToPrune,
  errorTakesNoTarget,
  isPruneError,
} from "./errors.ts";
import type { EvidenceProvider } from "./evidence/evidence.ts";
import { gatherEvidence } from "./evidence/gather.ts";
import type { Graph } from "./graph/graph.ts";
import type { Model } from "./model.ts";
import { importanceReport, type ImportanceReport } from "./importance.ts";
import { LazyMap } from "./stored.ts";
import { applyCut } from "./plan/apply-cut.ts";
import { costModel, type CostModel } from "./plan/cost.ts";
import { cutOf, type Cut } from "./plan/cut.ts";
import { hasEdits, withEdits, type Edits } from "./plan/edits.ts";
import { planOf, recoveredBy, type Plan } from "./plan/plan.ts";
import { parseTarget, type Target, type TargetOption } from "./plan/target.ts";
import { checkRuns, verify } from "./plan/verify.ts";
import { weightZeros } from "./plan/zeros.ts";
import { ownLayers, partsOf, withoutUnseen, withPart } from "./passes/recorded-parts.ts";
import { sinkBodies } from "./passes/sink-bodies.ts";
import type { OpHandler } from "./ops/define-op.ts";
import type { Decision, PruneContext, Pruner, PrunerNotes } from "./pruner.ts";
import type { RecoveryStep } from "./recovery.ts";
import { reportOf, type RecoveryReport, type Report } from "./report.ts";
import type { Compensation, Outcome, ScoreContext, Scorer } from "./scorer.ts";
import { scoringWith, type Scoring, type ScoringOptions } from "./scoring.ts";
import { analyze, type Analysis, type AnalyzeOptions } from "./solver/analyze.ts";
import { probe } from "./solver/probe.ts";
import { sampleInputs, type DimSizes } from "./solver/sample-inputs.ts";

/** What is being done, for a progress display. */
export type Stage = "analyze" | "gather" | "score" | "plan" | "cut" | "verify" | "recover";

export interface PruneOptions extends AnalyzeOptions, ScoringOptions {
  readonly pruner: Pruner;
  /** Default: none, for a pruner that judges by itself. */
  readonly scorer?: Scorer;
  /** How much is to be left, e.g. `{ macs: 0.5 }`, or removed, `{ sparsity: 0.5 }`; none for a pruner that takes none. */
  readonly target?: TargetOption;
  /** Samples to gather statistics from, for scorers and recovery steps that need them. Never the evaluation data. */
  readonly calibration?: DataSource | undefined;
  /** Samples for recovery steps that train. Never the evaluation data. Default: those of `calibration`. */
  readonly training?: DataSource | undefined;
  /** Providers of evidence that core does not bring, such as gradients. */
  readonly evidence?: readonly EvidenceProvider[];
  /** What gives accuracy back after the cut, in order. Default: nothing. */
  readonly recover?: readonly RecoveryStep[];
  /** Sizes for dynamic input dimensions, by dimension name. Default batch 1, images 64, sequences 16. */
  readonly dims?: DimSizes;
  /** Seed of everything random. Default 0. */
  readonly seed?: number;
  /** Accept a result in which nothing was removed. Default false. */
  readonly allowNoop?: boolean;
  /** Run the result and compare it with the masked original before it is returned. Default true. */
  readonly verify?: boolean;
  /** Ends recovery early; what is best so far is kept. */
  readonly signal?: { readonly aborted: boolean };
  /** Where steps of recovery that train keep how far they are, and go on from. Default: nowhere. */
  readonly checkpoints?: Checkpoints | undefined;
  readonly onStage?: (stage: Stage) => void;
  /** Hears how far a stage is: a few words, and a fraction in [0, 1]. */
  readonly onProgress?: (text: string, fraction: number) => void;
}

/** A pruned model and how it came about. */
export interface PruneResult {
  readonly model: Model;
  readonly plan: Plan;
  readonly report: Report;
}

/**
 * Prunes a model: finds what belongs together, scores it, decides, cuts, proves the cut, and recovers.
 * @throws {PruneError} `nothing-to-prune`, `target-unreachable`, `bad-option`, `verification-failed`, `runtime-failed`
 */
export async function prune(model: Model, options: PruneOptions): Promise<PruneResult> {
  const target = targetFor(options.pruner, options.target);
  const pruning = await preparePruning(model, options);
  return pruning.carryOut(await pruning.decide(target));
}

/** What {@link preparePruning} goes by. */
export interface PrepareOptions extends Omit<PruneOptions, "target"> {
  /** What {@link analyzeModel} found, with the same options, so that several scorers share it. Default: it is done here. */
  readonly analysis?: Analysis;
}

/**
 * A model of which everything is known that pruning it takes; it can be pruned any number of times. Deciding costs little
 * then, as while a slider moves, and {@link estimate} says what a decision leaves. Scores are computed once.
 */
export interface Pruning {
  readonly analysis: Analysis;
  /** Importances of a group's units, as every decision goes by them. */
  readonly score: PruneContext["score"];
  /** @throws {PruneError} `nothing-to-prune`, `target-unreachable` */
  readonly decide: (target: Target, pruner?: Pruner) => Promise<Decided>;
  /** Cuts, proves and recovers. `others` take the place of the options that it was prepared with. */
  readonly carryOut: (decided: Decided, others?: FinishOptions) => Promise<PruneResult>;
}

/** Analyses a model and gathers what its scorer needs. */
export async function preparePruning(model: Model, options: PrepareOptions): Promise<Pruning> {
  const { scorer = NO_SCORER, onStage, recover = [] } = options;
  for (const step of recover) dataFor(step, options);
  if (!options.analysis) onStage?.("analyze");
  const analysis =
    options.analysis ?? (await analyzeSeen(model, { ...options, needs: scorer.needs, ...options.pruner.frees }));
  const remarks = new Set<string>();
  const remark = (text: string): void => void remarks.add(text);
  const { contextAt, scored } = await contextFor(model, analysis, { ...options, scorer, remark });
  return {
    analysis,
    score: contextAt({ sparsity: 0 }).score,
    decide: async (target, pruner = options.pruner) => {
      const context = contextAt(target);
      const { removed = new Map(), lossless = false, notes, ...edits } = checkedDecision(pruner, await pruner.decide(context)); // prettier-ignore
      onStage?.("plan");
      const cut = cutOf(analysis, removed);
      if (!options.allowNoop && !hasEdits(edits) && ![...cut.removed.values()].some((gone) => gone.includes(1))) {
        throw errorNothingToPrune(
          pruner.untargeted
            ? `"${pruner.name}" found nothing to remove`
            : "the target asks for no more than the model already has",
        );
      }
      const plan = planOf(analysis, cut, model.sha256(), edits, lossless);
      const compensate = scorer.compensate && ((outcome: Outcome) => scorer.compensate!(outcome, context.scoring));
      return { analysis, costs: context.costs, cut, edits, plan, ...(notes ? { notes } : {}), ...(compensate ? { compensate } : {}) }; // prettier-ignore
    },
    carryOut: async (decided, others) => {
      const importance = await importanceReport(scored, decided.cut.removed, decided.edits.masks);
      const result = await finish(model, { ...decided, importance }, { ...options, ...others });
      return remarks.size ? { ...result, report: { ...result.report, remarks: [...remarks] } } : result;
    },
  };
}

function checkedDecision({ name }: Pruner, decision: Decision): Decision {
  if (typeof decision !== "object" || decision === null) throw errorDecision(name, String(decision));
  for (const [{ id, size }, gone] of decision.removed ?? [])
    if (gone.length !== size) throw errorDecision(name, `on ${gone.length} of the ${size} units of group "${id}"`);
  return decision;
}

/** What a decision will leave, layer by layer: the report of a cut that has not been made. */
export function estimate({ analysis, costs, cut, edits, notes }: Decided): Report {
  const edited = withEdits(analysis, edits);
  const after = edited === analysis ? costs : costModel(edited);
  const zeros = edits.masks?.size ? weightZeros(analysis, applyCut(edited, cut)) : undefined;
  return reportOf(analysis, { before: costs, after }, cut, {
    ...(notes ? { notes } : {}),
    ...(zeros ? { zeros } : {}),
  });
}

/** Stands in where no scorer is given; says so when it is asked. */
const NO_SCORER: Scorer = { name: "none", needs: [] };

function targetFor(pruner: Pruner, option: TargetOption | undefined): Target {
  if (!pruner.untargeted) return parseTarget(option ?? {});
  if (option) throw errorTakesNoTarget(pruner.name);
  return { sparsity: 0 };
}

/** Gathers what the scorer needs, and puts together what a pruner decides with, for any target. `scored` knows which scores it has asked for. */
async function contextFor(
  model: Model,
  analysis: Analysis,
  options: Omit<PruneOptions, "target"> & Pick<ScoreContext, "remark"> & { readonly scorer: Scorer },
): Promise<{ readonly contextAt: (target: Target) => PruneContext; readonly scored: Scoring }> {
  const { scorer, seed = 0, onStage, calibration } = options;
  if (scorer.needs.length) onStage?.("gather");
  const evidence = await gatherEvidence(model, analysis, {
    who: `scorer "${scorer.name}"`,
    kinds: scorer.needs,
    calibration,
    providers: options.evidence,
    seed,
    onProgress: (done, total) => options.onProgress?.(`${done} of ${total} samples`, done / total),
  });
  onStage?.("score");
  const scoring = { analysis, seed, evidence, runtime: model.runtime, remark: options.remark };
  const scored = scoringWith(scorer, scoring, options);
  const { group: score, weights: scoreWeights } = scored;
  const common = {
    analysis,
    groups: analysis.groups.filter((g) => !g.blocked),
    costs: costModel(analysis),
    score,
    scoreWeights,
    scorer,
    scoring,
    runtime: model.runtime,
    calibration,
  };
  const contextAt = (target: Target): PruneContext => ({
    ...common,
    target,
    after: async (edits) => (await contextFor(model, withEdits(analysis, edits), options)).contextAt(target),
  });
  return { contextAt, scored };
}

/** A decision as it is carried out. */
export interface Decided {
  readonly analysis: Analysis;
  readonly costs: CostModel;
  readonly cut: Cut;
  readonly edits: Edits;
  readonly plan: Plan;
  readonly notes?: PrunerNotes;
  readonly importance?: readonly ImportanceReport[];
  /** The network after the cut, where its weights are no longer the original's. */
  readonly graph?: Graph;
  /** What the scorer does to make up for what left, before any recovery step. Default: nothing. */
  readonly compensate?: (outcome: Outcome) => Promise<Compensation>;
}

/** Options of {@link finish}. */
export type FinishOptions = Pick<
  PruneOptions,
  | "dims"
  | "operators"
  | "verify"
  | "onStage"
  | "onProgress"
  | "recover"
  | "calibration"
  | "training"
  | "seed"
  | "signal"
  | "checkpoints"
>;

/** Cuts, proves, recovers and reports: what `prune` and `replay` share. */
export async function finish(model: Model, decided: Decided, options: FinishOptions): Promise<PruneResult> {
  const { analysis, costs, cut, edits, plan, notes, importance = [] } = decided;
  const { dims = {} } = options;
  const { lossless = false } = plan;
  options.onStage?.("cut");
  const edited = withEdits(analysis, edits);
  const graph = applyCut(edited, cut);
  options.onStage?.("verify");
  const { runtime } = model;
  const prove = <T>(proof: () => Promise<T>): Promise<T | undefined> =>
    options.verify === false ? Promise.resolve(undefined) : proof().catch(blamed);
  const verification = await prove(() => verify(analysis, cut, graph, runtime, { dims, edits, lossless }));
  const recovered = await recoverWith(model, decided.graph ?? graph, decided, options);
  if (recovered.graph !== graph) await prove(() => checkRuns(edited, cut, recovered.graph, runtime, dims));
  const whole = sinkBodies(recovered.graph, analysis.bodies);
  if (whole !== recovered.graph && options.verify !== false) await checkWhole(model, analysis, whole, dims);
  const after = edited === analysis ? costs : costModel(edited);
  const zeros = edits.masks?.size ? weightZeros(analysis, recovered.graph) : undefined;
  const report = reportOf(analysis, { before: costs, after }, cut, {
    ...(verification ? { verification } : {}),
    recovery: recovered.reports,
    importance,
    left: edited.graph,
    ...(notes ? { notes } : {}),
    ...(zeros ? { zeros } : {}),
  });
  return { model: model.withGraph(whole), plan: recoveredBy(plan, recovered.steps), report };
}

/** What was cut here and does not compute what it should is a defect of what cut it. */
function blamed(error: unknown): never {
  throw isPruneError(error) && error.code === "verification-failed" ? errorDefect(error) : error;
}

/** Runs a graph once its bodies are back in it. */
async function checkWhole(model: Model, analysis: Analysis, graph: Graph, dims: DimSizes): Promise<void> {
  const session = await model.runtime.open(graph, { cpu: true });
  try {
    await session.run(sampleInputs(graph, { ...analysis.shapes.sizes, ...dims }));
  } finally {
    await session.release();
  }
}

async function recoverWith(
  model: Model,
  graph: Graph,
  { analysis, cut, edits, compensate }: Decided,
  options: FinishOptions,
): Promise<{ graph: Graph; reports: RecoveryReport[]; steps: readonly string[] }> {
  const { recover = [], calibration, seed = 0, signal, checkpoints, onStage, onProgress } = options;
  const reports: RecoveryReport[] = [];
  const steps = [...(compensate && calibration ? ["compensate"] : []), ...recover.map(({ name }) => name)];
  if (!steps.length) return { graph, reports, steps };
  onStage?.("recover");
  const operators = operatorsOf(model, options);
  let pruned = graph;
  if (compensate && calibration) {
    const { values, notes } = await compensate({ cut, edits });
    const all = edits.values?.size ? new LazyMap(edits.values, values) : values;
    pruned = applyCut(withEdits(analysis, { ...edits, values: all }), cut);
    reports.push({ name: "compensate", samples: calibration.count, ...(notes ? { notes } : {}) });
  }
  for (const [i, step] of recover.entries()) {
    const data = dataFor(step, options);
    const runtime = (step.wants === "training" ? model.trainer : undefined) ?? model.runtime;
    const context = { cut, edits, runtime, operators, seed, signal };
    for (const part of ownLayers(await partsOf(runtime, analysis, data))) {
      const name = part.place === undefined ? step.name : `${step.name}, ${part.place}`;
      const { graph: better, notes } = await step.recover({
        ...context,
        analysis: part.analysis,
        pruned: part.of(pruned),
        data: part.data,
        checkpoints: checkpoints && under(checkpoints, `${i + 1}: ${name}`),
        onProgress: (text, fraction) => onProgress?.(`${name}: ${text}`, fraction),
      });
      pruned = analysis.bodies.nodes.length ? withPart(pruned, better) : better;
      // Of a body, the turns that it took: a branch may have seen only some of the samples.
      const { count } = part.place === undefined ? data : part.data;
      reports.push({ name, samples: count, ...(notes ? { notes } : {}) });
    }
  }
  return { graph: pruned, reports, steps };
}

/** The samples that a recovery step is given. @throws {PruneError} where there are none, or none with labels */
function dataFor(
  { name, needsLabels, wants }: RecoveryStep,
  { calibration, training = calibration }: Pick<PruneOptions, "calibration" | "training">,
): DataSource {
  const data = wants === "training" ? training : calibration;
  if (!data) throw errorNeedsCalibration(`recovery step "${name}"`, ["samples"]);
  if (needsLabels && !data.labels) throw errorNeedsLabels(name);
  return data;
}

/**
 * Analyses a model, the bodies in it too where what is to come can see into them. What did not run on the calibration
 * data stays whole there.
 */
export async function analyzeSeen(
  model: Model,
  options: AnalyzeOptions &
    Pick<PruneOptions, "dims" | "calibration" | "recover"> & { readonly needs?: Scorer["needs"] },
): Promise<Analysis> {
  const { calibration, needs = [], recover = [] } = options;
  const bodies = !needs.includes("gradients") && !recover.some(({ wants }) => wants === "training");
  const analysis = await analyzeModel(model, { bodies, ...options });
  if (!calibration || !analysis.bodies.nodes.length) return analysis;
  return withoutUnseen(analysis, await partsOf(model.runtime, analysis, calibration));
}

/** Analyses a model: shapes from its runtime, links from its operators. */
export function analyzeModel(
  model: Model,
  options: AnalyzeOptions & { readonly dims?: DimSizes } = {},
): Promise<Analysis> {
  const operators = operatorsOf(model, options);
  return analyze(model.graph, (graph, sizes) => probe(graph, model.runtime, { ...options.dims, ...sizes }), {
    ...options,
    operators,
  });
}

const operatorsOf = (model: Model, options: AnalyzeOptions): OpHandler[] => [
  ...(model.operators ?? []),
  ...(options.operators ?? []),
];
