import { errorNothingToPrune, errorTargetUnreachable } from "../errors.ts";
import type { PruneContext } from "../pruner.ts";
import type { Analysis } from "../solver/analyze.ts";
import type { ChannelGroup } from "../solver/channel-group.ts";
import type { Dim } from "../solver/dims.ts";
import type { CountOf } from "./cost.ts";
import type { RemovedUnits } from "./cut.ts";
import { levelsOf, type LevelOptions, type Levels } from "./levels.ts";

/** How a target is shared out: every group loses the same fraction, or all units compete. */
export type Allocation = "uniform" | "global";

/** Numbers of units kept, by group. */
type Kept = Map<ChannelGroup, number>;

/**
 * Decides how many units each group keeps so that the target is met, and takes the least important ones.
 * Uniform: one fraction for all groups, found by bisection. Global: one threshold over all importances, each group's
 * divided by its mean. What rounding leaves of the target is then given back, a step at a time.
 * @throws {PruneError} `target-unreachable`, `nothing-to-prune`
 */
export async function allocate(
  context: PruneContext,
  allocation: Allocation,
  options: LevelOptions,
): Promise<RemovedUnits> {
  const { groups, target } = context;
  if (!groups.length) throw errorNothingToPrune("no group of channels can shrink");
  const levels = new Map(groups.map((g) => [g, levelsOf(g, options)]));
  const scores = new Map<ChannelGroup, Float32Array>();
  for (const group of groups) scores.set(group, await context.score(group));
  const share = allocation === "global" ? globalShare(groups, scores, levels) : uniformShare(groups, levels);
  const kept = "sparsity" in target ? share(target.sparsity) : meet(context, levels, share);
  return new Map(groups.map((g) => [g, leastImportant(scores.get(g)!, g.size - kept.get(g)!)]));
}

/** Marks the `count` lowest scores; of equal ones the later index goes, so that runs repeat. */
export function leastImportant(scores: Float32Array, count: number): Uint8Array {
  const order = Array.from(scores.keys()).sort((a, b) => scores[a]! - scores[b]! || b - a);
  const removed = new Uint8Array(scores.length);
  for (const i of order.slice(0, count)) removed[i] = 1;
  return removed;
}

/** The level nearest to a number of units. */
function nearestLevel(levels: Levels, units: number): number {
  return levels.reduce((best, level) => (Math.abs(level - units) < Math.abs(best - units) - 1e-9 ? level : best));
}

function uniformShare(
  groups: readonly ChannelGroup[],
  levels: ReadonlyMap<ChannelGroup, Levels>,
): (sparsity: number) => Kept {
  return (sparsity) => new Map(groups.map((g) => [g, nearestLevel(levels.get(g)!, g.size * (1 - sparsity))]));
}

function globalShare(
  groups: readonly ChannelGroup[],
  scores: ReadonlyMap<ChannelGroup, Float32Array>,
  levels: ReadonlyMap<ChannelGroup, Levels>,
): (sparsity: number) => Kept {
  const normalised = new Map(
    groups.map((g) => {
      const own = scores.get(g)!;
      const mean = own.reduce((a, b) => a + Math.abs(b), 0) / own.length || 1;
      return [g, Float32Array.from(own, (s) => s / mean).sort()];
    }),
  );
  const all = Float32Array.from([...normalised.values()].flatMap((s) => [...s])).sort();
  return (sparsity) => {
    const threshold = all[Math.min(all.length - 1, Math.floor(sparsity * all.length))]!;
    return new Map(
      groups.map((g) => {
        const above = g.size - lowerBound(normalised.get(g)!, threshold);
        return [g, nearestLevel(levels.get(g)!, above)];
      }),
    );
  };
}

/** Number of entries of an ascending list below a value. */
function lowerBound(sorted: Float32Array, value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Bisects the share until the budget is met, then hands back what rounding took too much. */
function meet(
  context: PruneContext,
  levels: ReadonlyMap<ChannelGroup, Levels>,
  share: (sparsity: number) => Kept,
): Kept {
  const { target, costs, groups } = context;
  if ("sparsity" in target) return share(target.sparsity);
  const { budget, ratio } = target;
  const counts = dimCounts(context.analysis, groups);
  const measure = (kept: Kept): number => costs.at(counts(kept))[budget];
  const limit = ratio * costs.original[budget] + 1e-6;
  let kept = share(0);
  if (measure(kept) <= limit) return kept;
  const fewest: Kept = new Map(groups.map((g) => [g, levels.get(g)![0]!]));
  const least = measure(fewest);
  if (least > limit)
    throw errorTargetUnreachable(budget, ratio, least / costs.original[budget], whatBlocks(context.analysis));
  let [low, high] = [0, 1];
  kept = fewest;
  for (let i = 0; i < 24; i++) {
    const middle = (low + high) / 2;
    const candidate = share(middle);
    if (measure(candidate) <= limit) [high, kept] = [middle, candidate];
    else low = middle;
  }
  const wanted = new Map(groups.map((g) => [g, share(low).get(g)!]));
  return fill(kept, wanted, levels, (k) => measure(k) <= limit);
}

/** Raises groups a level at a time, those that lost most relative to their share first, while the budget holds. */
function fill(
  kept: Kept,
  wanted: Kept,
  levels: ReadonlyMap<ChannelGroup, Levels>,
  fits: (kept: Kept) => boolean,
): Kept {
  const current = new Map(kept);
  const open = new Set(current.keys());
  while (open.size) {
    const group = [...open].reduce((a, b) => (deficit(b, current, wanted) > deficit(a, current, wanted) ? b : a));
    const now = current.get(group)!;
    const next = levels.get(group)!.find((level) => level > now);
    if (next === undefined) {
      open.delete(group);
      continue;
    }
    current.set(group, next);
    if (!fits(current)) {
      current.set(group, now);
      open.delete(group);
    }
  }
  return current;
}

/** How far below its share a group is: first by the step just above the budget, then by the fraction it lost. */
const deficit = (group: ChannelGroup, current: Kept, wanted: Kept): number =>
  Math.max(0, wanted.get(group)! - current.get(group)!) + (1 - current.get(group)! / group.size);

/** Number of kept indices of every dimension, given numbers of kept units. */
function dimCounts(analysis: Analysis, groups: readonly ChannelGroup[]): (kept: Kept) => CountOf {
  const parts = new Map<Dim, { group: ChannelGroup; rows: number }[]>();
  for (const group of groups) {
    const id = analysis.indexOf(group);
    for (const dim of analysis.units.groups[id]!.dims) {
      let rows = 0;
      for (let i = 0; i < analysis.space.dims.size(dim); i++) if (analysis.units.groupOf(dim, i) === id) rows++;
      parts.set(dim, [...(parts.get(dim) ?? []), { group, rows: rows / group.size }]);
    }
  }
  return (kept) => (dim) =>
    (parts.get(dim) ?? []).reduce(
      (n, { group, rows }) => n - (group.size - kept.get(group)!) * rows,
      analysis.space.dims.size(dim),
    );
}

/** One sentence on what stands in the way, for the error that says so. */
function whatBlocks(analysis: Analysis): string {
  const reasons = new Map<string, number>();
  for (const { blocked } of analysis.groups)
    if (blocked) reasons.set(blocked.reason, (reasons.get(blocked.reason) ?? 0) + 1);
  const top = [...reasons].sort((a, b) => b[1] - a[1]).slice(0, 3);
  const list = top.map(([reason, n]) => `${n} group${n > 1 ? "s" : ""}: ${reason}`).join("; ");
  return list
    ? `What is in the way: ${list}.`
    : "Every group is at its smallest: see minChannels, maxSparsity and roundTo.";
}
