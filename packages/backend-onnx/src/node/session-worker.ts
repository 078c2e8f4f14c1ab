import { Worker } from "node:worker_threads";
import { errorAborted, errorMissingRuntime } from "../errors.ts";
import { type Busy, busyCounter } from "./busy.ts";

/** Plain JavaScript, so that it runs from the sources as well as from the build; both lie equally deep. */
const SCRIPT = new URL("../../src/node/worker.mjs", import.meta.url);

/** What the thread answers: the value asked for, or an error. */
interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: { readonly message: string; readonly missing: boolean };
}

interface Call {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** A thread that holds one session of ONNX Runtime. It keeps the process alive only while it has something to do. */
export class SessionWorker {
  readonly #busy: Busy = busyCounter();
  readonly #worker: Worker = new Worker(SCRIPT, { workerData: this.#busy.counter });
  readonly #calls = new Map<number, Call>();
  readonly #signal: AbortSignal | undefined;
  readonly #exit: Promise<void>;
  #next = 0;
  #ended: Error | undefined;

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
    this.#worker.unref();
    this.#worker.on("message", (answer: Answer) => this.#settle(answer));
    this.#worker.on("error", (error) => this.#fail(error instanceof Error ? error : new Error(String(error))));
    this.#exit = new Promise((resolve) => this.#worker.once("exit", () => resolve()));
    void this.#exit.then(() => {
      this.#busy.forget();
      this.#fail(new Error("the session's thread has ended"));
    });
    signal?.addEventListener("abort", this.#abort, { once: true });
    if (signal?.aborted) this.#abort();
  }

  /** Has the thread do something. @param moved buffers that go over to the thread */
  call(operation: string, argument: unknown, moved: readonly ArrayBuffer[] = []): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#ended) {
        reject(this.#ended);
        return;
      }
      const id = this.#next++;
      this.#worker.ref();
      this.#calls.set(id, { resolve, reject });
      this.#busy.add();
      this.#post({ id, operation, argument }, moved);
    });
  }

  /**
   * Ends the thread; calls under way are rejected at once. The run that the thread is in it finishes first: ONNX Runtime
   * takes the whole process down when its thread is killed under it.
   */
  async end(reason: Error = new Error("the session was released")): Promise<void> {
    if (!this.#ended) {
      this.#fail(reason);
      this.#busy.close();
      this.#worker.ref();
      this.#post({ operation: "end" });
    }
    await this.#exit;
  }

  #post(message: unknown, moved: readonly ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, moved);
  }

  readonly #abort = (): void => {
    void this.end(errorAborted(this.#signal?.reason));
  };

  #settle({ id, value, error }: Answer): void {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    if (this.#calls.size === 0 && !this.#ended) this.#worker.unref();
    if (error) call?.reject(error.missing ? errorMissingRuntime(new Error(error.message)) : new Error(error.message));
    else call?.resolve(value);
  }

  #fail(error: Error): void {
    this.#ended ??= error;
    this.#signal?.removeEventListener("abort", this.#abort);
    for (const call of this.#calls.values()) call.reject(this.#ended);
    this.#calls.clear();
  }
}
