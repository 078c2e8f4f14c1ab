import type { FullReport } from "@prune/report";
import type { Attempt, Job, Runner } from "@prune/sweep";
import type { Hooks } from "./perform.ts";

/** Always the build, which runs as it is; sources and build lie equally deep. */
export const SCRIPT: URL = new URL("../../../dist/actions/sweep/do-jobs.js", import.meta.url);

/** What whoever does jobs is told at first. */
export interface Start {
  /** The configuration. */
  readonly file: string;
  /** Where jobs have their folders. */
  readonly output: string | undefined;
}

/** What it is told afterwards. */
export type ToWorker = Job | "end";

/** What it says. */
export type FromWorker =
  { readonly progress: string } | { readonly note: string } | { readonly attempt: Attempt<FullReport> };

/** What hears of a worker. */
export interface Ears {
  readonly hear: (message: FromWorker) => void;
  /** It does not work any more; more than one call tells nothing new. */
  readonly broken: (error: Error) => void;
}

/** A thread or a process that does jobs. */
export interface Worker {
  readonly where: string;
  tell(message: ToWorker): void;
  /** Settles once it has ended. */
  readonly gone: Promise<void>;
}

/** Does jobs in a worker of its own. @param hooks makes what hears of a job */
export function workerRunner(open: (ears: Ears) => Worker, hooks: (job: Job) => Hooks): Runner<FullReport> {
  let broken: Error | undefined;
  let current:
    { settle: (attempt: Attempt<FullReport>) => void; fail: (error: Error) => void; hooks: Hooks } | undefined;
  const worker = open({
    hear(message) {
      if ("attempt" in message) current?.settle(message.attempt);
      else if ("note" in message) current?.hooks.note(message.note);
      else current?.hooks.progress(message.progress);
    },
    broken(error) {
      broken ??= error;
      current?.fail(broken);
    },
  });
  return {
    where: worker.where,
    async run(job) {
      try {
        return await new Promise<Attempt<FullReport>>((settle, fail) => {
          current = { settle, fail, hooks: hooks(job) };
          if (broken) fail(broken);
          else worker.tell(job);
        });
      } finally {
        current = undefined;
      }
    },
    async close() {
      worker.tell("end");
      await worker.gone;
    },
  };
}
