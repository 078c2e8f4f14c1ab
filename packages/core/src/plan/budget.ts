import { errorTargetUnreachable } from "../errors.ts";
import type { PruneContext } from "../pruner.ts";
import type { Analysis } from "../solver/analyze.ts";
import type { ChannelGroup } from "../solver/channel-group.ts";
import type { Dim } from "../solver/dims.ts";
import { closeGap, fill, type Search } from "./fill.ts";
import { blockedIn } from "./plan.ts";
import type { AllLevels, Kept, Share } from "./share.ts";
import type { Budget } from "./target.ts";

/** What groups may keep under one rounding. */
export interface RoundedLevels {
  readonly levels: AllLevels;
  /** See `Rounding.fast`. */
  readonly fast: boolean;
}

/** How close below its budget a result should come, as a fraction of the budget. */
const CLOSE = 0.01;

/** The part of the layers which can become narrower that must do so, or finer steps are taken. */
const SPREAD = 2 / 3;

/** How much more groups may lose than with the finest steps that are fast, in place of those that coarse steps keep whole. */
const MORE = 0.1;

/**
 * Finds how much each group keeps so that a budget is met, and missed by as little as the roundings allow. The fastest
 * rounding is taken under which the loss is spread over enough layers, and evenly; what it leaves of the budget is given
 * back in its own steps, then in finer ones.
 * @param roundings from the fastest to the finest
 * @throws {PruneError} `target-unreachable`
 */
export function meetBudget(
  { analysis, groups }: Pick<PruneContext, "analysis" | "groups">,
  { name, whole: all, measure, change }: Meter,
  ratio: number,
  roundings: readonly RoundedLevels[],
  share: Share,
): Kept {
  const asked = ratio * all;
  const search: Search = { measure, change, limit: asked + 1e-6, enough: (1 - CLOSE) * asked };
  const whole: Kept = new Map(groups.map((g) => [g, g.size]));
  if (measure(whole) <= search.limit) return whole;
  const least = roundings.map(({ levels }) => measure(fewest(levels)));
  const reachable = roundings.filter((_, i) => least[i]! <= search.limit);
  if (!reachable.length) {
    const why = [LIMITED, whatBlocks(analysis) ?? []].flat().join(". ");
    throw errorTargetUnreachable(name, ratio, Math.min(...least) / all, `${why}.`);
  }

  const narrowed = layerCounter(analysis, groups);
  const enough = SPREAD * narrowed(fewest(roundings.at(-1)!.levels));
  const fast = reachable.filter((r) => r.fast);
  const tried = fast.length ? fast : reachable.slice(0, 1);
  const finest = meet(tried.at(-1)!, share, search);
  const even = ({ sparsity, kept }: Met): boolean => sparsity <= finest.sparsity + MORE && narrowed(kept) >= enough;
  let met = finest;
  for (const rounding of tried.slice(0, -1)) {
    const coarser = meet(rounding, share, search);
    if (!even(coarser)) continue;
    met = coarser;
    break;
  }
  const finer = roundings.slice(roundings.indexOf(met.rounding) + 1);
  return refine(met, finer, search);
}

/** Why no group can lose more. */
const LIMITED =
  "Every group is then as small as minChannels, maxSparsity and roundTo let it be (--min-channels, --max-sparsity, --round-to)";

/** A share that meets the budget. */
interface Met {
  readonly rounding: RoundedLevels;
  readonly kept: Kept;
  /** What was asked of every group. */
  readonly sparsity: number;
}

/** Bisects the share until the budget is met, then hands back what rounding took too much. */
function meet(rounding: RoundedLevels, share: Share, search: Search): Met {
  const { levels } = rounding;
  let kept = fewest(levels);
  let [low, high] = [0, 1];
  for (let i = 0; i < 24; i++) {
    const middle = (low + high) / 2;
    const candidate = share(levels, middle);
    if (search.measure(candidate) <= search.limit) [high, kept] = [middle, candidate];
    else low = middle;
  }
  return { rounding, kept: fill(kept, share(levels, low), levels, search), sparsity: high };
}

/** Comes closer to the budget: with steps of finer roundings, then by trading a step of one group for others'. */
function refine(met: Met, finer: readonly RoundedLevels[], search: Search): Kept {
  let { kept } = met;
  let steps = met.rounding.levels;
  for (const next of finer) {
    if (search.measure(kept) >= search.enough) return kept;
    // Blocks (depthwise convolutions) would pay for widths that are not fast with more time than their MACs are worth.
    steps = next.fast ? next.levels : new Map([...next.levels].map(([g, own]) => [g, g.kind === "blocks" ? steps.get(g)! : own])); // prettier-ignore
    kept = fill(kept, kept, steps, search);
  }
  return search.measure(kept) >= search.enough ? kept : closeGap(kept, steps, search);
}

const fewest = (levels: AllLevels): Kept => new Map([...levels].map(([g, own]) => [g, own[0]!]));

/** Counts the layers that become narrower. */
function layerCounter({ layers }: Analysis, groups: readonly ChannelGroup[]): (kept: Kept) => number {
  const free = new Set(groups);
  const own = layers.map((layer) => layer.groups.flatMap(({ group }) => (free.has(group) ? [group] : [])));
  return (kept) => own.filter((list) => list.some((g) => kept.get(g)! < g.size)).length;
}

/** What a budget is counted in. */
export interface Meter extends Pick<Search, "measure" | "change"> {
  readonly name: string;
  /** What the whole network costs. */
  readonly whole: number;
}

/** Measures what numbers of kept units cost, by what has changed since they were last measured. */
export function meterOf(
  { analysis, costs, groups }: Pick<PruneContext, "analysis" | "groups" | "costs">,
  budget: Budget,
): Meter {
  const tally = costs.tally();
  const parts = dimParts(analysis, groups);
  const counts = new Map<Dim, number>();
  const last = new Map(groups.map((g) => [g, g.size]));
  const update = (group: ChannelGroup, units: number): void => {
    const more = units - last.get(group)!;
    if (more === 0) return;
    last.set(group, units);
    for (const { dim, rows } of parts.get(group)!) {
      const count = (counts.get(dim) ?? analysis.space.dims.size(dim)) + more * rows;
      counts.set(dim, count);
      tally.set(dim, count);
    }
  };
  return {
    name: budget,
    whole: costs.original[budget],
    measure(kept) {
      for (const [group, units] of kept) update(group, units);
      return tally.cost[budget];
    },
    change(group, units) {
      update(group, units);
      return tally.cost[budget];
    },
  };
}

/** The dimensions that hold slices of a group, and how many of them each unit takes. */
function dimParts(
  { units, space, indexOf }: Analysis,
  groups: readonly ChannelGroup[],
): Map<ChannelGroup, { readonly dim: Dim; readonly rows: number }[]> {
  return new Map(
    groups.map((group) => {
      const id = indexOf(group);
      const parts = units.groups[id]!.dims.map((dim) => {
        let rows = 0;
        for (let i = 0; i < space.dims.size(dim); i++) if (units.groupOf(dim, i) === id) rows++;
        return { dim, rows: rows / group.size };
      });
      return [group, parts];
    }),
  );
}

/** What stands in the way, for errors that say so: a sentence without its full stop. Undefined where nothing does. */
export function whatBlocks(analysis: Analysis): string | undefined {
  const reasons = new Map<string, number>();
  for (const { reason } of blockedIn(analysis)) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  const top = [...reasons].sort((a, b) => b[1] - a[1]).slice(0, 3);
  const list = top.map(([reason, n]) => `${n} group${n > 1 ? "s" : ""}: ${reason}`).join("; ");
  return list ? `What is in the way: ${list}` : undefined;
}
