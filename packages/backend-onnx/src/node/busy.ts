/** Counters of all threads that may be inside ONNX Runtime. */
const counters = new Set<Int32Array>();

/** Counts what a thread has to do, where the process can see it without being told. */
export interface Busy {
  /** For the thread: [calls under way, whether to skip those not begun]. It counts down and notifies. */
  readonly counter: Int32Array;
  add(): void;
  /** Has the thread skip what it has not begun. */
  close(): void;
  /** The thread is gone. */
  forget(): void;
}

/**
 * A counter that makes `process.exit` wait until the thread has left ONNX Runtime. Without it the process would crash:
 * Node.js stops its threads on exit, and ONNX Runtime does not survive being stopped.
 */
export function busyCounter(): Busy {
  const counter = new Int32Array(new SharedArrayBuffer(8));
  if (counters.size === 0) process.on("exit", waitForAll);
  counters.add(counter);
  return {
    counter,
    add: () => void Atomics.add(counter, 0, 1),
    close: () => void Atomics.store(counter, 1, 1),
    forget() {
      counters.delete(counter);
      if (counters.size === 0) process.off("exit", waitForAll);
    },
  };
}

function waitForAll(): void {
  for (const counter of counters) Atomics.store(counter, 1, 1);
  for (const counter of counters) {
    for (let left = Atomics.load(counter, 0); left > 0; left = Atomics.load(counter, 0)) Atomics.wait(counter, 0, left);
  }
}
