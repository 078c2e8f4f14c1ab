import type { DType } from "./graph/dtype.ts";
import type { Graph } from "./graph/graph.ts";
import type { OpHandler } from "./ops/define-op.ts";
import type { Keep } from "./stored.ts";

/** A tensor on its way into or out of a run. */
export interface RunTensor {
  readonly dtype: DType;
  readonly dims: readonly number[];
  /** Row-major elements: the typed array that fits `dtype` (float16 and bfloat16 as Uint16Array bits). */
  readonly data:
    | Float32Array
    | Float64Array
    | Int8Array
    | Uint8Array
    | Int16Array
    | Uint16Array
    | Int32Array
    | Uint32Array
    | BigInt64Array
    | BigUint64Array
    | readonly string[];
}

/** Values by name. */
export type RunValues = Readonly<Record<string, RunTensor>>;

/** A graph loaded into a runtime, ready to be run any number of times. */
export interface Session {
  /** Runs the graph; `fetches` defaults to the graph's outputs. @throws {PruneError} `runtime-failed` */
  run(feeds: RunValues, fetches?: readonly string[]): Promise<RunValues>;
  /**
   * Begins a series of runs with values that stay in the session: `initial` by input name; after each run those that
   * `next` names are replaced by the output it gives for them. Nothing of them is copied between runs. Absent where the
   * runtime cannot do so; {@link stepsOf} works with every session.
   */
  steps?(initial: RunValues, next: Readonly<Record<string, string>>): Promise<Steps>;
  /**
   * Runs the graph on many inputs, where it is so large that a few of its layers are in memory at a time: each is loaded
   * once. Absent where the graph is in memory as a whole.
   */
  over?(feeds: readonly (() => RunValues)[], onRun: (values: RunValues, index: number) => void): Promise<void>;
  release(): Promise<void>;
}

/** Runs that hand values on to the next, such as the steps of training. */
export interface Steps {
  /** One run. `feeds` has the inputs that are not kept; `fetches`, what comes back, may name no output that is kept. @throws {PruneError} `runtime-failed` */
  run(feeds: RunValues, fetches: readonly string[]): Promise<RunValues>;
  /** Copies of the values kept, by input name. */
  state(): Promise<RunValues>;
}

/** How a session is to be created. */
export interface SessionOptions {
  /** Let the runtime rewrite the graph for speed. Default true. Checks that compare layers turn it off. */
  readonly optimize?: boolean;
  /** Threads within an operator. Default: the runtime's own choice. */
  readonly threads?: number;
  /** Run on the CPU even when the model was opened for an accelerator. Default false. */
  readonly cpu?: boolean;
  /**
   * Long work: run it in another thread, where the runtime can, so that progress and interruptions get through. Default
   * false.
   */
  readonly background?: boolean;
}

/** Runs graphs: what a backend offers to core, scorers' evidence and recovery. */
export interface Runtime {
  readonly name: string;
  /** Loads any graph, the model's own or one derived from it. @throws {PruneError} `runtime-failed` */
  open(graph: Graph, options?: SessionOptions): Promise<Session>;
  /** Where to put what a large network leaves for later. Default: it stays in memory. */
  readonly keep?: Keep | undefined;
}

/** A trained network together with the runtime that can execute it and the format it is saved in. */
export interface Model {
  readonly graph: Graph;
  readonly runtime: Runtime;
  /** What runs gradients and training, where that is another runtime than the one the model is pruned on. Default: `runtime`. */
  readonly trainer?: Runtime | undefined;
  /** Rules for operators of the backend's own that its graphs hold beside ONNX's. Default: there are none. */
  readonly operators?: readonly OpHandler[];
  /** SHA-256 of the file the model was read from, in hex; undefined for a model that was never a file. */
  readonly sha256: () => string | undefined;
  /** The same model (format, metadata, runtime) with another graph. */
  withGraph(graph: Graph): Model;
  /** The model's bytes as its backend would save them, without external data. */
  toBytes(): Uint8Array;
  /** Saves to a path, atomically: written beside the target, then renamed into place. @throws {PruneError} `io-failed` */
  save(path: string): Promise<void>;
}
