import type { Ort, OrtSession, OrtSessionOptions, OrtSteps, OrtTensor } from "../runtime/ort.ts";
import { SessionWorker } from "./session-worker.ts";

/**
 * ONNX Runtime with every session in a thread of its own, which `release` ends. A run there leaves the event loop free.
 * Inputs are copied to the thread, since the caller may use them again; outputs are moved from it.
 * @param signal ends all sessions, and what they are running, when it is aborted
 */
export function workerOrt(signal?: AbortSignal): Ort {
  return { Tensor: PlainTensor, InferenceSession: { create: (model, options) => create(model, options, signal) } };
}

/** What a session that was just created says about itself. */
type Names = Pick<OrtSession, "inputNames" | "outputNames">;

async function create(
  model: string | Uint8Array,
  options: OrtSessionOptions = {},
  signal?: AbortSignal,
): Promise<OrtSession> {
  const worker = new SessionWorker(signal);
  try {
    const copy = copyOf(model);
    const names = (await worker.call("create", { model: copy, options }, buffersOf([copy]))) as Names;
    return {
      ...names,
      run: (feeds, fetches) => run(worker, feeds, fetches),
      steps: (initial, next) => steps(worker, initial, next),
      release: () => worker.end(),
    };
  } catch (error) {
    await worker.end();
    throw error;
  }
}

type Tensors = Readonly<Record<string, OrtTensor>>;

async function run(worker: SessionWorker, feeds: Tensors, fetches: unknown): ReturnType<OrtSession["run"]> {
  const { copies, moved } = copiesOf(feeds);
  return (await worker.call("run", { feeds: copies, fetches }, moved)) as Awaited<ReturnType<OrtSession["run"]>>;
}

/** The values kept stay in the thread; ONNX Runtime takes no memory that threads share. */
async function steps(
  worker: SessionWorker,
  initial: Tensors,
  next: Readonly<Record<string, string>>,
): Promise<OrtSteps> {
  const { copies, moved } = copiesOf(initial);
  const series = await worker.call("keep", { initial: copies, next }, moved);
  return {
    async run(feeds, fetches) {
      const own = copiesOf(feeds);
      const argument = { series, feeds: own.copies, fetches };
      return (await worker.call("step", argument, own.moved)) as Awaited<ReturnType<OrtSteps["run"]>>;
    },
    async state() {
      return (await worker.call("kept", { series }, [])) as Tensors;
    },
  };
}

/** Tensors that can be moved to the thread, and the memory to move. */
function copiesOf(tensors: Tensors): { copies: Tensors; moved: ArrayBuffer[] } {
  const copies = Object.entries(tensors).map(
    ([name, { type, dims, data }]) => [name, { type, dims, data: copyOf(data) }] as const,
  );
  return { copies: Object.fromEntries(copies), moved: buffersOf(copies.map(([, { data }]) => data)) };
}

/** A copy that can be moved to another thread. Strings, and memory that threads share, go over as they are. */
function copyOf(data: unknown): unknown {
  return ArrayBuffer.isView(data) && data.buffer instanceof ArrayBuffer ? (data as Uint8Array).slice() : data;
}

function buffersOf(list: readonly unknown[]): ArrayBuffer[] {
  return list.flatMap((data) => (ArrayBuffer.isView(data) && data.buffer instanceof ArrayBuffer ? [data.buffer] : []));
}

/** Stands in for ONNX Runtime's tensors on this side. */
class PlainTensor implements OrtTensor {
  readonly type: string;
  readonly data: unknown;
  readonly dims: readonly number[];

  constructor(type: string, data: unknown, dims: readonly number[]) {
    this.type = type;
    this.data = data;
    this.dims = dims;
  }
}
