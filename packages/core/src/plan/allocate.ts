import { errorNothingToPrune } from "../errors.ts";
import type { PruneContext } from "../pruner.ts";
import type { ChannelGroup } from "../solver/channel-group.ts";
import { meetBudget } from "./budget.ts";
import type { RemovedUnits } from "./cut.ts";
import { levelsOf, roundingsOf, type LevelOptions } from "./levels.ts";
import { globalShare, uniformShare } from "./share.ts";

/** How a target is shared out: every group loses the same fraction, or all units compete. */
export type Allocation = "uniform" | "global";

/** What sharing a target out takes. */
export type AllocateContext = Pick<PruneContext, "analysis" | "groups" | "costs" | "target" | "score">;

/**
 * Decides how many units each group keeps so that the target is met, and takes the least important ones.
 * Uniform: one fraction for all groups, found by bisection. Global: one threshold over all importances, each group's
 * divided by its mean. What rounding leaves of the target is then given back, a step at a time.
 * @throws {PruneError} `target-unreachable`, `nothing-to-prune`
 */
export async function allocate(
  context: AllocateContext,
  allocation: Allocation,
  options: LevelOptions,
): Promise<RemovedUnits> {
  const { groups, target } = context;
  if (!groups.length) throw errorNothingToPrune("no group of channels can shrink");
  const scores = new Map<ChannelGroup, Float32Array>();
  for (const group of groups) scores.set(group, await context.score(group));
  const share = allocation === "global" ? globalShare(groups, scores) : uniformShare;
  const roundings = roundingsOf(options.roundTo ?? "auto").map((rounding) => ({
    fast: rounding.fast,
    levels: new Map(groups.map((g) => [g, levelsOf(g, options, rounding)])),
  }));
  // A sparsity is asked of every group: steps as fine as they run fast come closest to it.
  const finest = roundings.findLast((r) => r.fast) ?? roundings[0]!;
  const kept =
    "sparsity" in target ? share(finest.levels, target.sparsity) : meetBudget(context, target, roundings, share);
  return new Map(groups.map((g) => [g, leastImportant(scores.get(g)!, g.size - kept.get(g)!)]));
}

/** Marks the `count` lowest scores; of equal ones the later index goes, so that runs repeat. */
export function leastImportant(scores: Float32Array, count: number): Uint8Array {
  const order = Array.from(scores.keys()).sort((a, b) => scores[a]! - scores[b]! || b - a);
  const removed = new Uint8Array(scores.length);
  for (const i of order.slice(0, count)) removed[i] = 1;
  return removed;
}
