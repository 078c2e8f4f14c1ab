import { Worker as Thread } from "node:worker_threads";
import { SCRIPT, type Ears, type FromWorker, type Start, type Worker } from "./runner.ts";

/** A thread that does jobs. @param slot its number, from 0 */
export function openThread(slot: number, start: Start, { hear, broken }: Ears): Worker {
  const thread = new Thread(SCRIPT, { workerData: start });
  thread.on("error", (error) => broken(error instanceof Error ? error : new Error(String(error))));
  thread.on("exit", (code) => broken(new Error(`it ended with ${code}`)));
  thread.on("message", (message: FromWorker) => hear(message));
  const letGo = exitAtOnce();
  const gone = new Promise<void>((resolve) => thread.once("exit", () => resolve()));
  void gone.then(letGo);
  return { where: `thread ${slot + 1}`, tell: (message) => thread.postMessage(message, []), gone };
}

let running = 0;

/**
 * Lets the process end while there are threads: Node.js would stop them, which ONNX Runtime answers with a crash. The
 * signal ends all at once, after everything else that was to be done on exit. @returns what takes that back
 */
function exitAtOnce(): () => void {
  if (running++ === 0) process.on("exit", endBySignal);
  return () => {
    if (--running === 0) process.off("exit", endBySignal);
  };
}

function endBySignal(): void {
  process.removeAllListeners("SIGINT");
  process.kill(process.pid, "SIGINT");
}
