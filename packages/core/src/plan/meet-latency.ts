import { errorNoRuntime, errorTargetUnreachable } from "../errors.ts";
import type { ChannelGroup } from "../solver/channel-group.ts";
import type { AllocateContext } from "./allocate.ts";
import { applyCut } from "./apply-cut.ts";
import { meetBudget, type Meter, type RoundedLevels } from "./budget.ts";
import { cutOf, type RemovedUnits } from "./cut.ts";
import { dimSizes } from "../solver/sample-inputs.ts";
import { measureLayers, timeSideBySide, type LatencyTable } from "./latency-table.ts";
import type { Kept, Share } from "./share.ts";

/** Networks that are cut and measured before the best of them is taken. */
const TRIES = 5;
/** A result this close below its target is not improved on. */
const CLOSE = 0.03;

/**
 * Decides how much each group keeps so that a run takes no more than a fraction of the time it takes now, on this
 * machine: layers are measured by themselves at a few widths, the target is met by that table, and what comes of it is
 * measured against the whole network; the table's error is made up for, and measured again.
 * @throws {PruneError} `target-unreachable`
 */
export async function meetLatency(
  context: AllocateContext,
  ratio: number,
  roundings: readonly RoundedLevels[],
  share: Share,
  removedAt: (kept: Kept) => RemovedUnits,
): Promise<RemovedUnits> {
  const { analysis, groups, runtime } = context;
  if (!runtime) throw errorNoRuntime();
  const meter = meterBy(await measureLayers(analysis, groups, runtime), groups);
  let best: { readonly removed: RemovedUnits; readonly measured: number } | undefined;
  let [asked, closest] = [ratio, Infinity];
  for (let i = 0; i < TRIES; i++) {
    const removed = removedAt(meetBudget(context, meter, asked, roundings, share));
    const cut = applyCut(analysis, cutOf(analysis, removed));
    const [before, after] = await timeSideBySide([analysis.graph, cut], runtime, {
      dims: dimSizes(analysis.graph, analysis.shapes),
    });
    const measured = after! / before!;
    closest = Math.min(closest, measured);
    if (measured <= ratio && measured > (best?.measured ?? 0)) best = { removed, measured };
    if (best && best.measured >= ratio * (1 - CLOSE)) break;
    asked = Math.min(1, asked * Math.min(1.3, Math.max(0.6, (ratio * (1 - CLOSE / 2)) / measured)));
  }
  if (!best)
    throw errorTargetUnreachable(
      "latency",
      ratio,
      closest,
      `That is the best of ${TRIES} networks that were cut and measured.`,
    );
  return best.removed;
}

function meterBy(table: LatencyTable, groups: readonly ChannelGroup[]): Meter {
  const current = new Map(groups.map((g) => [g, g.size]));
  const measure = (kept: Kept): number => {
    for (const [group, units] of kept) current.set(group, units);
    return table.at(current);
  };
  return {
    name: "latency",
    whole: measure(current),
    measure,
    change: (group, units) => measure(new Map([[group, units]])),
  };
}
