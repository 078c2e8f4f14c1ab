import type { Graph } from "../graph/graph.ts";
import type { Node } from "../graph/node.ts";
import type { Runtime, Session } from "../model.ts";
import type { Analysis } from "../solver/analyze.ts";
import type { ChannelGroup } from "../solver/channel-group.ts";
import { dimSizes, sampleInputs } from "../solver/sample-inputs.ts";
import { applyCut } from "./apply-cut.ts";
import { cutOf, type RemovedUnits } from "./cut.ts";
import { leastImportant } from "./least-important.ts";
import {
  defaultNow,
  type LatencyOptions,
  LEAST_RUNS,
  LEAST_TIME,
  lookOf,
  singleLayer,
  timeOf,
} from "./single-layer.ts";
import type { Kept } from "./share.ts";

/** Estimates latency from layers that were measured by themselves. */
export interface LatencyTable {
  /** Milliseconds of a network that keeps some units of its groups. */
  readonly at: (kept: Kept) => number;
}

/** Parts of a group that layers are measured at; in between is interpolated. */
const FRACTIONS: readonly number[] = [0.25, 0.5, 0.75, 1];

/** A layer, the groups its size depends on, and its milliseconds at every combination of {@link FRACTIONS} of them. */
interface Measured {
  readonly groups: readonly ChannelGroup[];
  readonly times: readonly number[];
}

/**
 * Measures every layer with weights by itself, at a few widths of what it reads and yields. Layers that look alike are
 * measured once. What the rest of the network takes is the difference to the whole, and shrinks as its groups do.
 * @throws {PruneError} `runtime-failed`
 */
export async function measureLayers(
  analysis: Analysis,
  groups: readonly ChannelGroup[],
  runtime: Runtime,
  options: LatencyOptions = {},
): Promise<LatencyTable> {
  const free = new Set(groups);
  const known = new Map<string, number>();
  const layers: Measured[] = [];
  for (const [i, layer] of analysis.layers.entries()) {
    const own = [...new Set(layer.groups.map((g) => g.group))].filter((g) => free.has(g)).slice(0, 2);
    const times: number[] = [];
    for (const fractions of combinations(own.length)) {
      const graph = alone(analysis, layer.node, removedAt(own, fractions));
      if (!graph) continue;
      const key = lookOf(graph);
      let time = known.get(key);
      if (time === undefined) known.set(key, (time = await timeOf(graph, runtime, options)));
      times.push(time);
    }
    if (times.length === FRACTIONS.length ** own.length) layers.push({ groups: own, times });
    options.onProgress?.(i + 1, analysis.layers.length);
  }
  const whole = await timeOf(analysis.graph, runtime, { ...options, dims: dimSizes(analysis.graph, analysis.shapes) });
  const measured = layers.reduce((sum, { times }) => sum + times.at(-1)!, 0);
  const rest = Math.max(0, whole - measured);
  const at = (kept: Kept): number => {
    const part = (g: ChannelGroup): number => (kept.get(g) ?? g.size) / g.size;
    const mean = groups.reduce((sum, g) => sum + part(g), 0) / Math.max(1, groups.length);
    return layers.reduce((sum, layer) => sum + interpolated(layer, part), rest * mean);
  };
  return { at };
}

/** All combinations of fractions of some groups, those of the last group side by side. */
function combinations(count: number): number[][] {
  let all: number[][] = [[]];
  for (let i = 0; i < count; i++) all = all.flatMap((head) => FRACTIONS.map((f) => [...head, f]));
  return all;
}

const removedAt = (groups: readonly ChannelGroup[], fractions: readonly number[]): RemovedUnits =>
  new Map(
    groups.map((g, i) => [
      g,
      leastImportant(new Float32Array(g.size), g.size - Math.max(1, Math.round(g.size * fractions[i]!))),
    ]),
  );

/** A layer as a graph by itself, as it is after a cut; undefined where its inputs have no known sizes. */
function alone(analysis: Analysis, layer: Node, removed: RemovedUnits): Graph | undefined {
  const cut = cutOf(analysis, removed);
  return singleLayer(analysis, applyCut(analysis, cut), layer, (value, axis) => cut.kept({ value, axis }));
}

/** The median time of a run of each graph, in milliseconds: one run of each in turn, so that whatever else the machine does meets all. */
export async function timeSideBySide(
  graphs: readonly Graph[],
  runtime: Runtime,
  { threads = 1, dims, now = defaultNow }: LatencyOptions = {},
): Promise<number[]> {
  const sessions: Session[] = [];
  try {
    for (const graph of graphs) sessions.push(await runtime.open(graph, { threads }));
    const feeds = sampleInputs(graphs[0]!, dims);
    for (const session of sessions) await session.run(feeds);
    const times: number[][] = graphs.map(() => []);
    const start = now();
    while (times[0]!.length < 2 * LEAST_RUNS || now() - start < 50 * LEAST_TIME) {
      for (const [i, session] of sessions.entries()) {
        const before = now();
        await session.run(feeds);
        times[i]!.push(now() - before);
      }
    }
    return times.map((list) => list.sort((a, b) => a - b)[list.length >> 1]!);
  } finally {
    for (const session of sessions) await session.release();
  }
}

/** A layer's time at parts of its groups, between those that were measured. */
function interpolated({ groups, times }: Measured, part: (group: ChannelGroup) => number): number {
  let at = [{ index: 0, weight: 1 }];
  for (const group of groups) {
    const x = Math.min(1, Math.max(FRACTIONS[0]!, part(group)));
    const high = Math.max(
      1,
      FRACTIONS.findIndex((f) => f >= x - 1e-9),
    );
    const [a, b] = [FRACTIONS[high - 1]!, FRACTIONS[high]!];
    const t = (x - a) / (b - a);
    at = at.flatMap(({ index, weight }) => [
      { index: index * FRACTIONS.length + high - 1, weight: weight * (1 - t) },
      { index: index * FRACTIONS.length + high, weight: weight * t },
    ]);
  }
  return at.reduce((sum, { index, weight }) => sum + weight * times[index]!, 0);
}
