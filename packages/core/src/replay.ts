import { errorBadPlan } from "./errors.ts";
import type { Model } from "./model.ts";
import { liftAlike } from "./passes/lift-alike.ts";
import { costModel } from "./plan/cost.ts";
import { transferPlan } from "./plan/transfer-plan.ts";
import { cutOfPlan, editsOfPlan, type Plan } from "./plan/plan.ts";
import { verify, type Verification } from "./plan/verify.ts";
import { analyzeModel, analyzeSeen, finish, type FinishOptions, type PruneResult } from "./prune.ts";
import type { OpHandler } from "./ops/define-op.ts";
import type { Analysis, AnalyzeOptions } from "./solver/analyze.ts";

export interface ReplayOptions extends FinishOptions {
  /** Replay on a model that is not the one the plan was made for. Default false. */
  readonly force?: boolean;
  /**
   * The model the plan was made for, where the one it is carried out on is another that shares weights with it, under
   * whatever names: see {@link transferPlan}. Default: it is the same.
   */
  readonly madeFor?: Model | undefined;
  readonly operators?: readonly OpHandler[];
}

/**
 * Applies a plan to the model it was made for, or to one that shares its weights.
 * @throws {PruneError} `bad-plan` for another model (unless forced), or when the plan does not fit
 */
export async function replay(model: Model, plan: Plan, options: ReplayOptions = {}): Promise<PruneResult> {
  checkModel(options.madeFor ?? model, plan, options.force);
  const analysis = await analyzeSeen(model, { ...options, ...everything(plan) });
  const own = await planFor(model, analysis, plan, options);
  const [cut, edits] = [cutOfPlan(analysis, own), editsOfPlan(analysis, own)];
  return finish(model, { analysis, costs: costModel(analysis), cut, edits, plan: own }, options);
}

/**
 * Checks a pruned model against its original and the plan: the masked equivalence that `prune` proves, for files.
 * @throws {PruneError} `bad-plan`, `verification-failed`
 */
export async function verifyPruned(
  original: Model,
  pruned: Model,
  plan: Plan,
  options: ReplayOptions & { readonly tolerance?: number } = {},
): Promise<Verification> {
  checkModel(options.madeFor ?? original, plan, options.force);
  const analysis = await analyzeModel(original, { ...options, ...everything(plan) });
  const own = await planFor(original, analysis, plan, options);
  const [cut, edits] = [cutOfPlan(analysis, own), editsOfPlan(analysis, own)];
  const { lossless = false } = own;
  return verify(analysis, cut, liftAlike(pruned.graph, analysis, cut), original.runtime, {
    ...options,
    edits,
    lossless,
  });
}

/** The plan in terms of the model that it is carried out on. */
async function planFor(model: Model, analysis: Analysis, plan: Plan, options: ReplayOptions): Promise<Plan> {
  const { madeFor = model } = options;
  if (madeFor === model) return plan;
  const from = await analyzeModel(madeFor, { ...options, ...everything(plan) });
  return transferPlan(plan, from, analysis, model.sha256());
}

/** What an analysis must free for a plan to be found in it. */
const everything = ({ tokens }: Plan): AnalyzeOptions => ({
  width: true,
  heads: "both",
  vocabulary: tokens !== undefined,
});

function checkModel(model: Model, plan: Plan, force = false): void {
  const [made, got] = [plan.model.sha256, model.sha256()];
  if (!force && made !== undefined && got !== undefined && made !== got) {
    throw errorBadPlan(
      `The plan was made for another file (SHA-256 ${made.slice(0, 12)}…, this is ${got.slice(0, 12)}…). If the two share weights, name the first with --made-for. Use --force to apply it all the same.`,
    );
  }
}
