import { under } from "./checkpoints.ts";
import { errorBadSchedule, errorNothingToPrune, errorRewindUntrained } from "./errors.ts";
import type { Model } from "./model.ts";
import { compose, type Done } from "./plan/compose.ts";
import { costModel } from "./plan/cost.ts";
import { cutOf } from "./plan/cut.ts";
import { hasEdits } from "./plan/edits.ts";
import { planOf, recoveredBy } from "./plan/plan.ts";
import { cutWith, valuesOf, type Values } from "./plan/rewind.ts";
import { type Budget, parseTarget, type TargetOption } from "./plan/target.ts";
import { analyzeModel, finish, prune, type PruneOptions, type PruneResult } from "./prune.ts";
import type { RecoveryReport, StepReport } from "./report.ts";
import type { Scorer } from "./scorer.ts";
import type { Analysis } from "./solver/analyze.ts";

/** How much is gone after each step of several. */
export interface Schedule {
  /**
   * `linear`: as much in every step. `cubic`: most in the first steps, little in the last. `exponential`: the same share of
   * what is left in every step.
   */
  readonly shape: "linear" | "cubic" | "exponential";
  /** Number of steps, at least 1. */
  readonly steps: number;
}

/**
 * The fraction that is gone after a step, of what is gone in the end: `k/n`; `1 − (1 − k/n)³`, Zhu and Gupta 2017, "To
 * prune, or not to prune", arXiv:1710.01878, equation 1, from nothing; or `(1 − ρ^(k/n)) / (1 − ρ)`, so that `ρ^(k/n)` is
 * left, as in Tanaka et al. 2020, arXiv:2006.05467, algorithm 1, and Frankle and Carbin 2019, arXiv:1803.03635, sec. 1.
 * @param left the fraction ρ that is left in the end
 */
export function goneAfter({ shape, steps }: Schedule, step: number, left: number): number {
  const done = step / steps;
  if (shape === "cubic") return 1 - (1 - done) ** 3;
  return shape === "linear" || left === 1 ? done : (1 - left ** done) / (1 - left);
}

export interface GradualOptions extends PruneOptions {
  readonly schedule: Schedule;
  /**
   * Values that the weights which stay go back to after every step, before they are trained again: those of the original,
   * or of the same network at an earlier moment of its training. What remains with a schedule of `exponential` shape is a
   * lottery ticket: Frankle and Carbin 2019, "The Lottery Ticket Hypothesis", arXiv:1803.03635, sec. 2, iterative pruning;
   * from a moment after the start: Frankle et al. 2020, arXiv:1912.05671. Default: they go on from what they are.
   */
  readonly rewind?: "original" | Pick<Model, "graph"> | undefined;
}

/**
 * Prunes in several steps, each of which judges anew and recovers: `target` is met after the last. All ratios are of the
 * original; the original is what every recovery aims at, and the plan is in its terms. A `sparsity` of channels is met
 * but for the rounding of each step.
 * @throws {PruneError} `bad-option` for a target of latency or none, and for weights to rewind to that do not fit or are
 * not trained again; and whatever `prune` throws
 */
export async function pruneGradually(model: Model, options: GradualOptions): Promise<PruneResult> {
  const { schedule, pruner, recover = [], calibration, training, checkpoints, rewind, ...others } = options;
  const target = checkedTarget(options);
  // Bodies of control flow stay whole: a step would have to take them out of what the step before put them back into.
  const rest = { ...others, bodies: false };
  const analysis = await analyzeModel(model, rest);
  const costs = costModel(analysis);
  const start = rewind && (await rewoundTo(analysis, rewind, recover, (graph) => analyzeModel(model.withGraph(graph), rest))); // prettier-ignore
  let done: Done = { cut: cutOf(analysis, new Map()), edits: {} };
  let result: PruneResult | undefined;
  let gone = 0;
  const recovery: RecoveryReport[] = [];
  const steps: StepReport[] = [];
  for (let step = 1; step <= schedule.steps; step++) {
    const last = step === schedule.steps;
    const current = result?.model ?? model;
    const aim = goneAfter(schedule, step, "ratio" in target ? target.ratio : 1 - target.sparsity);
    const pruned = await prune(current, {
      ...rest,
      ...(start && rest.scorer ? { scorer: judging(rest.scorer) } : {}),
      ...(calibration ? { calibration } : {}),
      pruner,
      target: targetOfStep(target, aim, gone, result),
      allowNoop: true,
      verify: false,
    });
    done = compose(analysis, done, await analyzeModel(current, rest), pruned.plan);
    if ("sparsity" in target && pruned.plan.axes.length) gone = aim * target.sparsity;
    if (last && !options.allowNoop && !hasEdits(done.edits) && !planOf(analysis, done.cut).axes.length)
      throw errorNothingToPrune("the target asks for no more than the model already has");
    const whole = planOf(analysis, done.cut, model.sha256(), done.edits);
    const plan = recoveredBy(whole, [...(result?.plan.recovered ?? []), ...(pruned.plan.recovered ?? [])]);
    const graph = start ? cutWith(analysis, done, start) : pruned.model.graph;
    const { notes, importance = [] } = pruned.report;
    result = await finish(
      model,
      { analysis, costs, ...done, plan, graph, importance, ...(notes ? { notes } : {}) },
      {
        ...rest,
        recover,
        calibration,
        training,
        checkpoints: checkpoints && under(checkpoints, `step ${step}`),
        verify: last && options.verify !== false,
      },
    );
    const own = [...(pruned.report.recovery ?? []), ...(result.report.recovery ?? [])];
    recovery.push(...own.map((r) => ({ ...r, name: `${r.name}, step ${step} of ${schedule.steps}`, step }))); // prettier-ignore
    steps.push({ after: result.report.after });
  }
  const { report } = result!;
  const several = steps.length > 1 ? { steps } : {};
  return { ...result!, report: { ...report, ...several, ...(recovery.length ? { recovery } : {}) } };
}

/** What the weights go back to; those of the original need no values. */
async function rewoundTo(
  analysis: Analysis,
  rewind: NonNullable<GradualOptions["rewind"]>,
  recover: NonNullable<PruneOptions["recover"]>,
  analyze: (graph: Model["graph"]) => Promise<Analysis>,
): Promise<Values> {
  if (!recover.some(({ wants }) => wants === "training")) throw errorRewindUntrained();
  return rewind === "original" ? new Map() : valuesOf(analysis, await analyze(rewind.graph));
}

/** A scorer that does not make up for what left, with values that would be taken back. */
function judging({ compensate, ...scorer }: Scorer): Scorer {
  void compensate;
  return scorer;
}

type StepTarget = { readonly budget: Budget; readonly ratio: number } | { readonly sparsity: number };

function checkedTarget({ pruner, target: option, schedule }: GradualOptions): StepTarget {
  if (!(Number.isInteger(schedule.steps) && schedule.steps >= 1))
    throw errorBadSchedule(`their number is a whole number of at least 1, got ${schedule.steps}`);
  if (pruner.untargeted) throw errorBadSchedule(`"${pruner.name}" goes by what it finds, and has none`);
  const target = parseTarget(option ?? {});
  if ("latency" in target) throw errorBadSchedule("latency is measured anew in every step; give macs, params, bytes or sparsity"); // prettier-ignore
  return target;
}

/**
 * The target of a step, in terms of the network that the steps before left.
 * @param aim the fraction of all that is to be removed which is gone after the step
 * @param gone the sparsity of channels before the step
 */
function targetOfStep(target: StepTarget, aim: number, gone: number, before: PruneResult | undefined): TargetOption {
  if ("sparsity" in target) return { sparsity: Math.max(0, 1 - (1 - aim * target.sparsity) / (1 - gone)) };
  const { budget, ratio } = target;
  const left = before ? before.report.after[budget] / before.report.before[budget] : 1;
  return { [budget]: Math.min(1, (1 - aim * (1 - ratio)) / left) };
}
