import { errorNothingToPrune } from "../errors.ts";
import type { PruneContext } from "../pruner.ts";
import type { ChannelGroup } from "../solver/channel-group.ts";
import { meetBudget, meterOf, whatBlocks } from "./budget.ts";
import type { RemovedUnits } from "./cut.ts";
import { leastImportant } from "./least-important.ts";
import { levelsOf, roundingsOf, type LevelOptions } from "./levels.ts";
import { meetLatency } from "./meet-latency.ts";
import { sensitivityShare } from "./sensitivity-share.ts";
import { globalShare, isomorphicShare, type Kept, type Share, uniformShare } from "./share.ts";

/**
 * How a target is shared out: every group loses the same fraction; all units compete; units compete with those of groups
 * of the same structure; or groups lose what hurts the outputs equally much.
 */
export type Allocation = "uniform" | "global" | "isomorphic" | "sensitivity";

/** What sharing a target out takes. */
export type AllocateContext = Pick<PruneContext, "analysis" | "groups" | "costs" | "target" | "score"> &
  Partial<Pick<PruneContext, "runtime" | "calibration">>;

/**
 * Decides how many units each group keeps so that the target is met, and takes the least important ones.
 * Uniform: one fraction for all groups, found by bisection. Global: one threshold over all importances, each group's
 * divided by its mean. Isomorphic (Fang et al. 2024, arXiv:2407.04616): the same fraction for every class of groups of the
 * same structure, and one threshold within a class. Sensitivity: one distance of the outputs, measured group by group on
 * calibration data. What rounding leaves of the target is then given back, a step at a time.
 * @throws {PruneError} `target-unreachable`, `nothing-to-prune`, `bad-option` without calibration data where it is needed
 */
export async function allocate(
  context: AllocateContext,
  allocation: Allocation,
  options: LevelOptions,
): Promise<RemovedUnits> {
  const { groups, target } = context;
  if (!groups.length)
    throw errorNothingToPrune(
      ["no group of channels can shrink", whatBlocks(context.analysis) ?? []].flat().join(". "),
    );
  const scores = new Map<ChannelGroup, Float32Array>();
  for (const group of groups) scores.set(group, await context.score(group));
  const share = await shareFor(allocation, context, scores);
  const roundings = roundingsOf(options.roundTo ?? "auto").map((rounding) => ({
    fast: rounding.fast,
    levels: new Map(groups.map((g) => [g, levelsOf(g, options, rounding)])),
  }));
  // A sparsity is asked of every group: steps as fine as they run fast come closest to it.
  const finest = roundings.findLast((r) => r.fast) ?? roundings[0]!;
  const removedAt = (kept: Kept): RemovedUnits =>
    new Map(groups.map((g) => [g, leastImportant(scores.get(g)!, g.size - kept.get(g)!)]));
  if ("sparsity" in target) return removedAt(share(finest.levels, target.sparsity));
  if ("latency" in target) return meetLatency(context, target.latency, roundings, share, removedAt);
  return removedAt(meetBudget(context, meterOf(context, target.budget), target.ratio, roundings, share));
}

async function shareFor(
  allocation: Allocation,
  context: AllocateContext,
  scores: ReadonlyMap<ChannelGroup, Float32Array>,
): Promise<Share> {
  switch (allocation) {
    case "global":
      return globalShare(context.groups, scores);
    case "isomorphic":
      return isomorphicShare(context.groups, scores);
    case "sensitivity":
      return sensitivityShare(context, scores);
    default:
      return uniformShare;
  }
}
