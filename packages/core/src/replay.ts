import { errorBadPlan, errorNotOfPlan, errorOtherShape, isPruneError } from "./errors.ts";
import type { Graph, ValueInfo } from "./graph/graph.ts";
import type { Model } from "./model.ts";
import { liftAlike } from "./passes/lift-alike.ts";
import { costModel } from "./plan/cost.ts";
import { transferPlan } from "./plan/transfer-plan.ts";
import { cutOfPlan, editsOfPlan, type Plan } from "./plan/plan.ts";
import { verify, type Verification } from "./plan/verify.ts";
import { constantsOf } from "./solver/constants.ts";
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
  const result = await finish(model, { analysis, costs: costModel(analysis), cut, edits, plan: own }, options);
  if (!plan.recovered) return result;
  const remarks = [`This is the network right after the cut: a plan does not hold the weights that ${plan.recovered.join(" and ")} gave it then.`]; // prettier-ignore
  return { ...result, report: { ...result.report, remarks } };
}

/**
 * Checks a pruned model against its original and the plan: the masked equivalence that `prune` proves, for files.
 * @throws {PruneError} `bad-plan` where plan and models do not belong together, `verification-failed` where the pruned
 * model computes something else, as it does once its weights were recovered
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
  const graph = liftAlike(pruned.graph, analysis, cut);
  checkShapes(analysis.graph, graph, own);
  try {
    return await verify(analysis, cut, graph, original.runtime, { ...options, edits, lossless });
  } catch (error) {
    throw isPruneError(error) && error.code === "verification-failed"
      ? errorNotOfPlan(error, plan.recovered ?? [])
      : error;
  }
}

/** The plan in terms of the model that it is carried out on. */
async function planFor(model: Model, analysis: Analysis, plan: Plan, options: ReplayOptions): Promise<Plan> {
  const { madeFor = model } = options;
  if (madeFor === model) return plan;
  const from = await analyzeModel(madeFor, { ...options, ...everything(plan) });
  return transferPlan(plan, from, analysis, model.sha256());
}

/** A pruned model of another plan mostly does not run on what the original takes; its shapes tell before. */
function checkShapes(original: Graph, pruned: Graph, { axes, dropped = [] }: Plan): void {
  const constants = constantsOf(pruned);
  for (const { tensor, axis, keep } of axes) {
    const dims = constants.get(tensor)?.dims;
    if (dims && dims[axis] !== keep.length)
      throw errorOtherShape(`"${tensor}"`, `of size ${keep.length} along axis ${axis}`, `[${dims.join(", ")}]`);
  }
  const stays = ({ name }: ValueInfo): boolean => !dropped.includes(name);
  for (const what of ["inputs", "outputs"] as const) {
    const [before, after] = [signatureOf(original[what].filter(stays)), signatureOf(pruned[what])];
    if (before !== after) throw errorOtherShape(`the list of its ${what}`, before, after);
  }
}

/** Names and ranks: what a cut leaves as it is. */
const signatureOf = (values: readonly ValueInfo[]): string =>
  values
    .map(({ name, dims }) => `"${name}"${dims ? ` of rank ${dims.length}` : ""}`)
    .toSorted()
    .join(", ");

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
