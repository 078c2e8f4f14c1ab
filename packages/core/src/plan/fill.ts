import type { ChannelGroup } from "../solver/channel-group.ts";
import type { AllLevels, Kept } from "./share.ts";

/** A budget, and how to measure what has been spent of it. */
export interface Search {
  /** What is spent when groups keep so much. */
  readonly measure: (kept: Kept) => number;
  /** What is spent once one group's number has changed since the last call of either. */
  readonly change: (group: ChannelGroup, units: number) => number;
  /** What may be spent. */
  readonly limit: number;
  /** With how much spent one need not look further. */
  readonly enough: number;
}

/** Raises groups a level at a time, those that lost most relative to what was wanted first, while the budget holds. */
export function fill(kept: Kept, wanted: Kept, levels: AllLevels, { measure, change, limit }: Search): Kept {
  const current = new Map(kept);
  const groups = [...current.keys()];
  const deficits = Float64Array.from(groups, (g) => deficitOf(g, current.get(g)!, wanted));
  measure(current);
  for (let i = largest(deficits); deficits[i]! > -Infinity; i = largest(deficits)) {
    const group = groups[i]!;
    const now = current.get(group)!;
    const next = levels.get(group)!.find((level) => level > now);
    if (next !== undefined && change(group, next) <= limit) {
      current.set(group, next);
      deficits[i] = deficitOf(group, next, wanted);
    } else {
      change(group, now);
      deficits[i] = -Infinity; // what does not fit now will not later
    }
  }
  return current;
}

/** How far below its share a group is: first by the step just above the budget, then by the fraction it lost. */
const deficitOf = (group: ChannelGroup, now: number, wanted: Kept): number =>
  Math.max(0, wanted.get(group)! - now) + (1 - now / group.size);

function largest(list: Float64Array): number {
  let found = 0;
  for (let i = 1; i < list.length; i++) if (list[i]! > list[found]!) found = i;
  return found;
}

/** Most trades that are looked at; a network with so many groups has steps small enough to do without. */
const MOST_TRADES = 20_000;

/**
 * Comes closer to the limit by trades, for networks of few groups: one group goes a level down, and another as far up as
 * then fits. The best trade is made, again and again, until enough is spent or none helps.
 */
export function closeGap(kept: Kept, levels: AllLevels, { measure, change, limit, enough }: Search): Kept {
  const current = new Map(kept);
  let spent = measure(current);
  for (let looked = 0; spent < enough;) {
    let best: (readonly [group: ChannelGroup, units: number])[] = [];
    for (const [down, now] of current) {
      const lower = levels.get(down)!.findLast((level) => level < now);
      if (lower === undefined) continue;
      change(down, lower);
      for (const [up, before] of current) {
        if (up === down) continue;
        for (const level of levels.get(up)!) {
          if (level <= before) continue;
          const cost = change(up, level);
          looked++;
          if (cost > limit) break;
          if (cost > spent) [spent, best] = [cost, [[down, lower], [up, level]]]; // prettier-ignore
        }
        change(up, before);
      }
      change(down, now);
      if (looked > MOST_TRADES) break;
    }
    if (!best.length) break;
    for (const [group, units] of best) {
      current.set(group, units);
      change(group, units);
    }
  }
  return current;
}
