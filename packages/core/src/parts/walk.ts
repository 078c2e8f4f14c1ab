import type { Graph, ValueInfo } from "../graph/graph.ts";
import type { Node } from "../graph/node.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Runtime, RunTensor, RunValues, SessionOptions } from "../model.ts";
import { keepInMemory, storedValue, type StoredValue } from "../stored.ts";
import { readsOf } from "./chunks.ts";
import { isFed } from "./weights.ts";

/** A part of a graph that runs in a session of its own. */
interface Piece {
  readonly nodes: readonly Node[];
  /** Values that it takes from parts before it, or from outside. */
  readonly reads: readonly string[];
  /** Values that later parts, or the caller, want of it. */
  readonly gives: readonly string[];
}

export interface WalkOptions {
  readonly graph: Graph;
  /** Which part each node is in; what a node reads is in no later part. */
  readonly chunks: ReadonlyMap<Node, number>;
  /** Values for the caller. */
  readonly wanted: Iterable<string>;
  readonly runtime: Runtime;
  /** Size in bytes above which weights are fed to a run instead of being built into its session. */
  readonly feedAbove: number;
  readonly session: SessionOptions;
}

/** What gives the graph's inputs for a run: those that the part at hand reads at least. */
export type Feeds = () => RunValues;

/**
 * Runs a graph part by part, on one or more inputs. No more of it is loaded at a time than one part; what later parts read
 * of it is put where the runtime keeps such things.
 */
export class Walk {
  readonly #options: WalkOptions;
  readonly #wanted: ReadonlySet<string>;
  readonly #pieces: readonly Piece[];
  /** The last part that reads a value. */
  readonly #lastRead: ReadonlyMap<string, number>;
  /** For each run, what later parts read. */
  readonly #values: Map<string, StoredValue>[] = [];

  constructor(options: WalkOptions) {
    this.#options = options;
    this.#wanted = new Set(options.wanted);
    const lastRead = new Map<string, number>();
    for (const [node, chunk] of options.chunks) {
      for (const name of readsOf(node)) lastRead.set(name, Math.max(chunk, lastRead.get(name) ?? 0));
    }
    this.#lastRead = lastRead;
    this.#pieces = piecesOf(options.chunks, lastRead, this.#wanted);
  }

  /**
   * Runs the part that is next in turn.
   * @param feeds for each run
   * @param weight a parameter as an input of a run
   * @returns for each run, the values that are wanted of this part
   */
  async step(index: number, feeds: readonly Feeds[], weight: (tensor: Tensor) => RunTensor): Promise<RunValues[]> {
    const piece = this.#pieces[index];
    if (!piece?.gives.length) return feeds.map(() => ({}));
    const { graph, runtime, feedAbove, session: options } = this.#options;
    const parameters = new Map<string, Tensor>();
    const weights: Record<string, RunTensor> = {};
    const moving = new Set<string>();
    const [first, last] = [this.#given(piece, 0, feeds), this.#given(piece, feeds.length - 1, feeds)];
    for (const name of piece.reads) {
      const tensor = graph.parameters.get(name);
      if (tensor && isFed(tensor, feedAbove)) weights[name] = weight(tensor);
      else if (first(name)) moving.add(name);
      else if (tensor) parameters.set(name, tensor);
    }
    const inputs = [
      ...Object.entries(weights).map(([name, { dtype, dims }]): ValueInfo => ({ name, dtype, dims })),
      ...[...moving].map((name) => infoOf(name, first(name)!, last(name)!)),
    ];
    const outputs = piece.gives.map((name): ValueInfo => ({ name, dtype: "other", dims: undefined }));
    const session = await runtime.open({ ...graph, nodes: piece.nodes, parameters, inputs, outputs }, options);
    try {
      const results: RunValues[] = [];
      for (const run of feeds.keys()) {
        const given = this.#given(piece, run, feeds);
        const values = Object.fromEntries([...moving].map((name) => [name, given(name)!.read()]));
        results.push(this.#keep(index, run, await session.run({ ...weights, ...values })));
      }
      return results;
    } finally {
      await session.release();
    }
  }

  /** What a part reads in a run, kept from earlier parts or fed. */
  #given(piece: Piece, run: number, feeds: readonly Feeds[]): (name: string) => StoredValue | undefined {
    const kept = this.#values[run];
    const fed = piece.reads.some((name) => !kept?.has(name)) ? feeds[run]!() : {};
    return (name) => kept?.get(name) ?? (fed[name] && storedValue(fed[name], keepInMemory));
  }

  /** Holds on to what later parts read, and forgets what none does. */
  #keep(index: number, run: number, results: RunValues): RunValues {
    const { keep = keepInMemory } = this.#options.runtime;
    const values = (this.#values[run] ??= new Map<string, StoredValue>());
    const wanted: Record<string, RunTensor> = {};
    const isRead = (name: string): boolean => (this.#lastRead.get(name) ?? 0) > index;
    for (const [name, value] of Object.entries(results)) {
      if (isRead(name)) values.set(name, storedValue(value, keep));
      if (this.#wanted.has(name)) wanted[name] = value;
    }
    for (const [name, value] of values) {
      if (isRead(name)) continue;
      value.free();
      values.delete(name);
    }
    return wanted;
  }
}

/** What an input is known to be; sizes that vary from run to run are left open. */
export function infoOf(name: string, first: StoredValue, last: StoredValue): ValueInfo {
  return { name, dtype: first.dtype, dims: first.dims.map((d, i) => (d === last.dims[i] ? d : undefined)) };
}

function piecesOf(
  chunks: ReadonlyMap<Node, number>,
  lastRead: ReadonlyMap<string, number>,
  wanted: ReadonlySet<string>,
): Piece[] {
  const parts: Node[][] = [];
  for (const [node, chunk] of chunks) (parts[chunk] ??= []).push(node);
  return Array.from(parts as readonly (Node[] | undefined)[], (list, index) => {
    const nodes = list ?? []; // a chunk may have no nodes of its own
    const made = new Set(nodes.flatMap((n) => n.outputs.filter(Boolean)));
    const reads = new Set(nodes.flatMap(readsOf).filter((name) => !made.has(name)));
    const gives = [...made].filter((name) => wanted.has(name) || (lastRead.get(name) ?? 0) > index);
    return { nodes, reads: [...reads], gives };
  });
}
