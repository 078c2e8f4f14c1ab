import { Worker } from "node:worker_threads";
import type { FullReport } from "@prune/report";
import type { Attempt, Job, Runner } from "@prune/sweep";
import type { Hooks } from "./perform.ts";

/** Always the build, which runs as it is; sources and build lie equally deep. */
const SCRIPT = new URL("../../../dist/actions/sweep/thread.js", import.meta.url);

/** What a thread is told at first. */
export interface ThreadData {
  /** The configuration. */
  readonly file: string;
  /** Where jobs have their folders. */
  readonly output: string | undefined;
}

/** What a thread says. */
export type FromThread =
  { readonly progress: string } | { readonly note: string } | { readonly attempt: Attempt<FullReport> };

/** Does jobs in a thread of its own. @param hooks makes what hears of a job */
export function threadRunner(slot: number, data: ThreadData, hooks: (job: Job) => Hooks): Runner<FullReport> {
  const worker = new Worker(SCRIPT, { workerData: data });
  let broken: Error | undefined;
  let current:
    { settle: (attempt: Attempt<FullReport>) => void; fail: (error: Error) => void; hooks: Hooks } | undefined;
  const breakDown = (error: Error): void => {
    broken ??= error;
    current?.fail(broken);
  };
  const gone = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  worker.on("error", (error) => breakDown(error instanceof Error ? error : new Error(String(error))));
  worker.on("exit", (code) => breakDown(new Error(`it ended with ${code}`)));
  worker.on("message", (message: FromThread) => {
    if ("attempt" in message) current?.settle(message.attempt);
    else if ("note" in message) current?.hooks.note(message.note);
    else current?.hooks.progress(message.progress);
  });
  return {
    where: `thread ${slot + 1}`,
    async run(job) {
      const stop = exitAtOnce();
      try {
        return await new Promise<Attempt<FullReport>>((settle, fail) => {
          current = { settle, fail, hooks: hooks(job) };
          if (broken) fail(broken);
          else worker.postMessage(job, []);
        });
      } finally {
        current = undefined;
        stop();
      }
    },
    async close() {
      worker.postMessage("end", []);
      await gone;
    },
  };
}

let running = 0;

/**
 * Lets the process end while threads are at work: Node.js would stop them, which ONNX Runtime answers with a crash. The
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
