import type { ChannelGroup } from "../solver/channel-group.ts";
import type { AllLevels, Kept } from "./share.ts";

/** A budget, and how to measure what has been spent of it. */
export interface Search {
  readonly measure: (kept: Kept) => number;
  /** What may be spent. */
  readonly limit: number;
  /** With how much spent one need not look further. */
  readonly enough: number;
}

/** Raises groups a level at a time, those that lost most relative to what was wanted first, while the budget holds. */
export function fill(kept: Kept, wanted: Kept, levels: AllLevels, { measure, limit }: Search): Kept {
  const current = new Map(kept);
  const open = new Set(current.keys());
  while (open.size) {
    const group = mostDeficient(open, current, wanted);
    const now = current.get(group)!;
    const next = levels.get(group)!.find((level) => level > now);
    if (next !== undefined) current.set(group, next);
    if (next !== undefined && measure(current) <= limit) continue;
    current.set(group, now);
    open.delete(group);
  }
  return current;
}

/** The group furthest below its share: first by the step just above the budget, then by the fraction it lost. */
function mostDeficient(open: Iterable<ChannelGroup>, current: Kept, wanted: Kept): ChannelGroup {
  let [most, found] = [-Infinity, undefined as ChannelGroup | undefined];
  for (const group of open) {
    const now = current.get(group)!;
    const deficit = Math.max(0, wanted.get(group)! - now) + (1 - now / group.size);
    if (deficit > most) [most, found] = [deficit, group];
  }
  return found!;
}

/** Most trades that are looked at; a network with so many groups has steps small enough to do without. */
const MOST_TRADES = 4000;

/**
 * Comes closer to the limit by trades, for networks of few groups: one group goes a level down, and another as far up as
 * then fits. The best trade is made, again and again, until enough is spent or none helps.
 */
export function closeGap(kept: Kept, levels: AllLevels, { measure, limit, enough }: Search): Kept {
  let current = kept;
  let spent = measure(current);
  for (let looked = 0; spent < enough;) {
    let best: Kept | undefined;
    for (const down of current.keys()) {
      const lower = levels.get(down)!.findLast((level) => level < current.get(down)!);
      if (lower === undefined) continue;
      for (const up of current.keys()) {
        if (up === down) continue;
        const trial = new Map(current).set(down, lower);
        for (const level of levels.get(up)!) {
          if (level <= current.get(up)!) continue;
          trial.set(up, level);
          const cost = measure(trial);
          if (++looked > MOST_TRADES) return best ?? current;
          if (cost > limit) break;
          if (cost > spent) [spent, best] = [cost, new Map(trial)];
        }
      }
    }
    if (!best) break;
    current = best;
  }
  return current;
}
