import type { Graph, ValueInfo } from "../../graph/graph.ts";
import type { Node } from "../../graph/node.ts";
import type { Tensor } from "../../graph/tensor.ts";
import type { Runtime, RunTensor, RunValues } from "../../model.ts";
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
}

/** Runs a graph part by part; no more of it is loaded at a time than one part, and what later parts read of it. */
export class Walk {
  readonly #options: WalkOptions;
  readonly #wanted: ReadonlySet<string>;
  readonly #pieces: readonly Piece[];
  /** The last part that reads a value. */
  readonly #lastRead: ReadonlyMap<string, number>;
  readonly #values = new Map<string, RunTensor>();

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
   * @param feeds the graph's inputs, those that this part reads at least
   * @param weight a parameter as an input of a run
   * @returns the values that are wanted of this part
   */
  async step(index: number, feeds: RunValues, weight: (tensor: Tensor) => RunTensor): Promise<RunValues> {
    const piece = this.#pieces[index];
    if (!piece?.gives.length) return {};
    const { graph, runtime, feedAbove } = this.#options;
    const parameters = new Map<string, Tensor>();
    const given: Record<string, RunTensor> = {};
    for (const name of piece.reads) {
      const tensor = graph.parameters.get(name);
      const value = tensor && isFed(tensor, feedAbove) ? weight(tensor) : (this.#values.get(name) ?? feeds[name]);
      if (value) given[name] = value;
      else if (tensor) parameters.set(name, tensor);
    }
    const inputs = Object.entries(given).map(([name, { dtype, dims }]): ValueInfo => ({ name, dtype, dims }));
    const outputs = piece.gives.map((name): ValueInfo => ({ name, dtype: "other", dims: undefined }));
    const session = await runtime.open({ ...graph, nodes: piece.nodes, parameters, inputs, outputs }, { cpu: true, optimize: false }); // prettier-ignore
    try {
      return this.#keep(index, await session.run(given));
    } finally {
      await session.release();
    }
  }

  /** Holds on to what later parts read, and forgets what none does. */
  #keep(index: number, results: RunValues): RunValues {
    const wanted: Record<string, RunTensor> = {};
    for (const [name, value] of Object.entries(results)) {
      this.#values.set(name, value);
      if (this.#wanted.has(name)) wanted[name] = value;
    }
    for (const name of this.#values.keys()) if ((this.#lastRead.get(name) ?? 0) <= index) this.#values.delete(name);
    return wanted;
  }
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
