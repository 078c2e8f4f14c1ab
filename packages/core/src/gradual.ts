import { under } from "./checkpoints.ts";
import { errorBadSchedule, errorNothingToPrune } from "./errors.ts";
import type { Model } from "./model.ts";
import { compose, type Done } from "./plan/compose.ts";
import { costModel } from "./plan/cost.ts";
import { cutOf } from "./plan/cut.ts";
import { hasEdits } from "./plan/edits.ts";
import { planOf } from "./plan/plan.ts";
import { type Budget, parseTarget, type TargetOption } from "./plan/target.ts";
import { analyzeModel, finish, prune, type PruneOptions, type PruneResult } from "./prune.ts";
import type { RecoveryReport, StepReport } from "./report.ts";

/** How much is gone after each step of several. */
export interface Schedule {
  /** `linear`: as much in every step. `cubic`: most in the first steps, little in the last. */
  readonly shape: "linear" | "cubic";
  /** Number of steps, at least 1. */
  readonly steps: number;
}

/**
 * The fraction that is gone after a step, of what is gone in the end: `k/n`, or `1 − (1 − k/n)³`.
 * Source of the latter: Zhu and Gupta 2017, "To prune, or not to prune", arXiv:1710.01878, equation 1, from nothing.
 */
export function goneAfter({ shape, steps }: Schedule, step: number): number {
  const done = step / steps;
  return shape === "linear" ? done : 1 - (1 - done) ** 3;
}

/**
 * Prunes in several steps, each of which judges anew and recovers: `target` is met after the last. All ratios are of the
 * original; the original is what every recovery aims at, and the plan is in its terms. A `sparsity` of channels is met
 * but for the rounding of each step.
 * @throws {PruneError} `bad-option` for a target of latency or none, and whatever `prune` throws
 */
export async function pruneGradually(
  model: Model,
  options: PruneOptions & { readonly schedule: Schedule },
): Promise<PruneResult> {
  const { schedule, pruner, recover = [], calibration, training, checkpoints, ...others } = options;
  const target = checkedTarget(options);
  // Bodies of control flow stay whole: a step would have to take them out of what the step before put them back into.
  const rest = { ...others, bodies: false };
  const analysis = await analyzeModel(model, rest);
  const costs = costModel(analysis);
  let done: Done = { cut: cutOf(analysis, new Map()), edits: {} };
  let result: PruneResult | undefined;
  let gone = 0;
  const recovery: RecoveryReport[] = [];
  const steps: StepReport[] = [];
  for (let step = 1; step <= schedule.steps; step++) {
    const last = step === schedule.steps;
    const current = result?.model ?? model;
    const aim = goneAfter(schedule, step);
    const pruned = await prune(current, {
      ...rest,
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
    const plan = planOf(analysis, done.cut, model.sha256(), done.edits);
    const decided = { analysis, costs, ...done, plan, graph: pruned.model.graph };
    const { notes, importance = [] } = pruned.report;
    result = await finish(
      model,
      { ...decided, importance, ...(notes ? { notes } : {}) },
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

type StepTarget = { readonly budget: Budget; readonly ratio: number } | { readonly sparsity: number };

function checkedTarget({
  pruner,
  target: option,
  schedule,
}: PruneOptions & { readonly schedule: Schedule }): StepTarget {
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
