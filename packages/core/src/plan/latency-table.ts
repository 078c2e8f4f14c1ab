import type { Graph } from "../graph/graph.ts";
import type { Node } from "../graph/node.ts";
import type { Runtime, RunValues, Session } from "../model.ts";
import type { Analysis } from "../solver/analyze.ts";
import type { ChannelGroup } from "../solver/channel-group.ts";
import { sampleInputs } from "../solver/sample-inputs.ts";
import { applyCut } from "./apply-cut.ts";
import { cutOf, type RemovedUnits } from "./cut.ts";
import { leastImportant } from "./least-important.ts";
import type { Kept } from "./share.ts";

/** How latency is measured. */
export interface LatencyOptions {
  /** Threads within an operator. Default 1: with more, what else the machine does shows. */
  readonly threads?: number;
  /** Milliseconds since some moment. Default: the platform's `performance.now`. */
  readonly now?: () => number;
  /** Hears how many of how many layers are measured. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Estimates latency from layers that were measured by themselves. */
export interface LatencyTable {
  /** Milliseconds of a network that keeps some units of its groups. */
  readonly at: (kept: Kept) => number;
}

/** Parts of a group that layers are measured at; in between is interpolated. */
const FRACTIONS: readonly number[] = [0.25, 0.5, 0.75, 1];
/** A layer is run over and over for at least this long, in milliseconds, and at least so often. */
const [LEAST_TIME, LEAST_RUNS] = [4, 5];

const clock = globalThis as { readonly performance?: { now(): number } };
const defaultNow = (): number => clock.performance?.now() ?? Date.now();

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
  const whole = await timeOf(analysis.graph, runtime, options);
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
  const graph = applyCut(analysis, cut);
  const node = graph.nodes.find((n) => n.outputs[0] === layer.outputs[0]);
  if (!node) return undefined;
  const names = [...new Set(node.inputs.filter(Boolean))];
  const inputs = names
    .filter((name) => !graph.parameters.has(name))
    .map((name) => {
      const dims = analysis.shapes.canonical.get(name);
      const constant = analysis.operands.constants.get(name);
      const left = dims?.map((d, axis) => {
        const kept = cut.kept({ value: name, axis });
        return kept.whole ? d : kept.count;
      });
      return { name, dtype: constant?.dtype ?? ("float32" as const), dims: left };
    });
  if (inputs.some((v) => !v.dims)) return undefined;
  return {
    ...graph,
    nodes: [node],
    inputs,
    outputs: node.outputs.filter(Boolean).map((name) => ({ name, dtype: "other", dims: undefined })),
    parameters: new Map([...graph.parameters].filter(([name]) => names.includes(name))),
  };
}

/** What layers have in common that take the same time: operator, attributes and sizes. */
function lookOf({ nodes, inputs, parameters }: Graph): string {
  const [node] = nodes;
  const position = new Map(node!.inputs.map((name, i) => [name, i]));
  const sizes = [...inputs, ...parameters.values()].map(
    ({ name, dtype, dims }) => `${position.get(name)}:${dtype}:${dims}`,
  );
  return JSON.stringify([node!.opType, node!.attributes, sizes.sort()]);
}

/** The median time of a run, in milliseconds. */
async function timeOf(graph: Graph, runtime: Runtime, options: LatencyOptions): Promise<number> {
  const { threads = 1, now = defaultNow } = options;
  const session = await runtime.open(graph, { threads });
  try {
    const feeds: RunValues = sampleInputs(graph);
    await session.run(feeds);
    const times: number[] = [];
    const start = now();
    while (times.length < LEAST_RUNS || now() - start < LEAST_TIME) {
      const before = now();
      await session.run(feeds);
      times.push(now() - before);
    }
    return times.sort((a, b) => a - b)[times.length >> 1]!;
  } finally {
    await session.release();
  }
}

/** The median time of a run of each graph, in milliseconds: one run of each in turn, so that whatever else the machine does meets all. */
export async function timeSideBySide(
  graphs: readonly Graph[],
  runtime: Runtime,
  { threads = 1, now = defaultNow }: LatencyOptions = {},
): Promise<number[]> {
  const sessions: Session[] = [];
  try {
    for (const graph of graphs) sessions.push(await runtime.open(graph, { threads }));
    const feeds = sampleInputs(graphs[0]!);
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
