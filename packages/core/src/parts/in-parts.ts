import type { Graph } from "../graph/graph.ts";
import { byteLength, type Tensor } from "../graph/tensor.ts";
import type { Runtime, RunTensor, RunValues, Session, SessionOptions } from "../model.ts";
import { constantsOf } from "../solver/constants.ts";
import { keepInMemory, storedValue, type Keep, type StoredValue } from "../stored.ts";
import { chunksOf, readsOf } from "./chunks.ts";
import { Walk } from "./walk.ts";
import { isFed, runTensorOf, withConstantsAsParameters } from "./weights.ts";

/** How networks that are not in memory are run. */
export interface PartOptions {
  /** Bytes of weights that are loaded at a time, unless a single node has more. Default 128 MiB. */
  readonly partBytes?: number;
  /** Where values wait that later parts read. Default: in memory. */
  readonly keep?: Keep;
}

export const PART_BYTES: number = 2 ** 27;

/** Weights from this size on are fed to a run, which reads them where they are, and copied nowhere. */
const FEED_ABOVE = 2 ** 16;

/**
 * A runtime that runs networks whose weights are not in memory (see `Tensor.stored`) a few layers at a time: it reads
 * them, runs the layers, on every input where there are several, and goes on to the next ones. Other networks it leaves
 * to the runtime that it is made of.
 */
export function inParts(runtime: Runtime, { partBytes = PART_BYTES, keep = keepInMemory }: PartOptions = {}): Runtime {
  return {
    ...runtime,
    keep,
    open: (graph, options = {}) =>
      isAway(graph)
        ? openInParts(withConstantsAsParameters(graph), { runtime: { ...runtime, keep }, keep, partBytes, options })
        : runtime.open(graph, options),
  };
}

/** Whether large weights are not in memory. A graph that yields a constant is left to the runtime. */
function isAway(graph: Graph): boolean {
  const constants = constantsOf(graph);
  const away = [...constants.values()].some((tensor) => tensor.stored && byteLength(tensor) > FEED_ABOVE);
  return away && !graph.outputs.some(({ name }) => constants.has(name));
}

/** Where a graph's values are put for later; undefined: they stay in memory, as its weights do. */
export const keepFor = ({ keep }: Runtime, graph: Graph): Keep | undefined => (isAway(graph) ? keep : undefined);

interface Parted {
  readonly runtime: Runtime;
  readonly keep: Keep;
  readonly partBytes: number;
  readonly options: SessionOptions;
}

async function openInParts(graph: Graph, { runtime, keep, partBytes, options }: Parted): Promise<Session> {
  const early = { ...graph, nodes: earliest(graph) };
  const chunks = chunksOf(early, partBytes, () => 0);
  const count = 1 + Math.max(-1, ...chunks.values());
  const weight = (tensor: Tensor): RunTensor => runTensorOf(tensor, (length) => new Uint8Array(length));
  if (count === 1) return openFed(early, runtime, weight, options);
  const outputs = graph.outputs.map((v) => v.name);
  const made = new Set(graph.nodes.flatMap((node) => node.outputs));

  const over = async (
    feeds: readonly (() => RunValues)[],
    onRun: (values: RunValues, index: number) => void,
    wanted: readonly string[] = outputs,
  ): Promise<void> => {
    const walk = new Walk({ graph: early, chunks, wanted, runtime, feedAbove: FEED_ABOVE, session: options });
    const found = feeds.map(() => new Map<string, StoredValue>());
    for (let part = 0; part < count; part++) {
      const results = await walk.step(part, feeds, weight);
      for (const [run, values] of results.entries())
        for (const [name, value] of Object.entries(values)) found[run]!.set(name, storedValue(value, keep));
    }
    for (const [run, values] of found.entries()) {
      const given = wanted.every((name) => made.has(name)) ? {} : feeds[run]!();
      onRun(Object.fromEntries(wanted.map((name) => [name, values.get(name)?.read() ?? given[name]!])), run);
      for (const value of values.values()) value.free();
    }
  };
  return {
    over,
    run: async (feeds, fetches) => {
      const results: RunValues[] = [];
      await over([() => feeds], (values) => results.push(values), fetches);
      return results[0]!;
    },
    release: () => Promise.resolve(),
  };
}

/** A graph of one part stays open: its weights are read once. */
async function openFed(
  graph: Graph,
  runtime: Runtime,
  weight: (tensor: Tensor) => RunTensor,
  options: SessionOptions,
): Promise<Session> {
  const fed = [...graph.parameters.values()].filter((tensor) => isFed(tensor, FEED_ABOVE));
  const names = new Set(fed.map(({ name }) => name));
  const weights = Object.fromEntries(fed.map((tensor) => [tensor.name, weight(tensor)]));
  const session = await runtime.open(
    {
      ...graph,
      inputs: [...graph.inputs, ...fed.map(({ name, dtype, dims }) => ({ name, dtype, dims }))],
      parameters: new Map([...graph.parameters].filter(([name]) => !names.has(name))),
    },
    options,
  );
  return {
    run: (feeds, fetches) => session.run({ ...weights, ...feeds }, fetches),
    release: () => session.release(),
  };
}

/**
 * The nodes in an order in which each that reads no large weight stands as early as it can: statistics of a value then
 * are in the same part as the value, and it need not be kept for them.
 */
function earliest({ nodes, parameters }: Graph): Graph["nodes"] {
  const ready = new Map<string, number>();
  const weighs = (name: string): boolean => {
    const tensor = parameters.get(name);
    return tensor !== undefined && byteLength(tensor) > FEED_ABOVE;
  };
  const places = nodes.map((node, i) => {
    const reads = readsOf(node);
    const place = reads.some(weighs) ? i : Math.max(0, ...reads.map((name) => ready.get(name) ?? 0));
    for (const name of node.outputs) if (name) ready.set(name, place);
    return place;
  });
  return [...nodes.keys()].sort((a, b) => places[a]! - places[b]! || a - b).map((i) => nodes[i]!);
}
