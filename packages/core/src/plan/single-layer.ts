import type { Graph } from "../graph/graph.ts";
import type { Node } from "../graph/node.ts";
import type { Runtime, RunValues } from "../model.ts";
import type { Analysis } from "../solver/analyze.ts";
import { type DimSizes, sampleInputs } from "../solver/sample-inputs.ts";
import type { Kept } from "../ops/define-op.ts";

/** How latency is measured. */
export interface LatencyOptions {
  /** Threads within an operator. Default 1: with more, what else the machine does shows. */
  readonly threads?: number;
  /** Sizes of the dynamic dimensions of a whole network. Default: those of {@link sampleInputs}. */
  readonly dims?: DimSizes;
  /** Milliseconds since some moment. Default: the platform's `performance.now`. */
  readonly now?: () => number;
  /** Hears how many of how many layers are measured. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** A layer is run over and over for at least this long, in milliseconds, and at least so often. */
export const LEAST_TIME = 4;
export const LEAST_RUNS = 5;

const clock = globalThis as { readonly performance?: { now(): number } };
export const defaultNow = (): number => clock.performance?.now() ?? Date.now();

/**
 * A layer as a graph by itself; undefined where its inputs have no known sizes, or where it is not in the graph.
 * @param graph the network before or after a cut
 * @param kept what is left of a value's axis
 */
export function singleLayer(
  analysis: Analysis,
  graph: Graph,
  layer: Node,
  kept: (value: string, axis: number) => Pick<Kept, "whole" | "count">,
): Graph | undefined {
  const node = graph.nodes.find((n) => n.outputs[0] === layer.outputs[0]);
  if (!node) return undefined;
  const names = [...new Set(node.inputs.filter(Boolean))];
  const inputs = names
    .filter((name) => !graph.parameters.has(name))
    .map((name) => {
      const dims = analysis.shapes.canonical.get(name);
      const constant = analysis.operands.constants.get(name);
      const left = dims?.map((d, axis) => {
        const { whole, count } = kept(name, axis);
        return whole ? d : count;
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
export function lookOf({ nodes, inputs, parameters }: Graph): string {
  const [node] = nodes;
  const position = new Map(node!.inputs.map((name, i) => [name, i]));
  const sizes = [...inputs, ...parameters.values()].map(
    ({ name, dtype, dims }) => `${position.get(name)}:${dtype}:${dims}`,
  );
  return JSON.stringify([node!.opType, node!.attributes, sizes.sort()]);
}

/** The median time of a run, in milliseconds. */
export async function timeOf(graph: Graph, runtime: Runtime, options: LatencyOptions): Promise<number> {
  const { threads = 1, dims, now = defaultNow } = options;
  const session = await runtime.open(graph, { threads });
  try {
    const feeds: RunValues = sampleInputs(graph, dims);
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

const WHOLE = { whole: true, count: 0 };
/** All layers are measured so often, the least being taken, since whatever else the machine does only makes them slower. */
const ROUNDS = 3;

/**
 * Milliseconds of every layer with weights, run by itself, for several networks: by position among the layers of each.
 * Layers of the same name are measured right after one another; those that look alike, once. Undefined where a layer
 * cannot be run by itself.
 */
export async function layerTimes(
  networks: readonly { readonly analysis: Analysis; readonly runtime: Runtime }[],
  options: LatencyOptions = {},
): Promise<(number | undefined)[][]> {
  const known = new Map<string, number>();
  const nameOf = ({ name, outputs }: Node): string => name || (outputs[0] ?? "");
  const all = networks.flatMap((network, at) => network.analysis.layers.map(({ node }, i) => ({ ...network, at, i, node }))); // prettier-ignore
  const order = new Map<string, typeof all>();
  for (const entry of all) order.set(nameOf(entry.node), [...(order.get(nameOf(entry.node)) ?? []), entry]);
  const found = networks.map(({ analysis }) => analysis.layers.map((): number | undefined => undefined));
  const layers = [...order.values()].flat().map((entry) => {
    const graph = singleLayer(entry.analysis, entry.analysis.graph, entry.node, () => WHOLE);
    return { ...entry, graph, key: graph && `${entry.runtime.name}:${lookOf(graph)}` };
  });
  let done = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const seen = new Set<string>();
    for (const { runtime, graph, key } of layers) {
      if (graph && key && !seen.has(key)) {
        seen.add(key);
        const time = await timeOf(graph, runtime, options).catch(() => undefined);
        if (time !== undefined) known.set(key, Math.min(time, known.get(key) ?? Infinity));
      }
      options.onProgress?.(++done, ROUNDS * layers.length);
    }
  }
  for (const { at, i, key } of layers) found[at]![i] = known.get(key ?? "");
  return found;
}
