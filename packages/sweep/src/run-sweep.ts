import type { Journal } from "@prune/core";
import type { Engine, JobChange, JobEnd } from "./engine.ts";
import type { Job } from "./job.ts";

/** How a sweep is run. */
export interface SweepOptions<R> {
  readonly engine: Engine<R>;
  /** Keeps results by the ids of their jobs: what it knows is not run again. It must outlive the process to be of use. */
  readonly journal?: Journal | undefined;
  /** How often a job that failed, or whose runner was lost, is tried again. Default 2. */
  readonly retries?: number;
  /** Once it is aborted, no other job begins. */
  readonly stop?: { readonly aborted: boolean } | undefined;
  readonly onChange?: (change: JobChange) => void;
  /** Hears of every job that ended, those that the journal knows among them. */
  readonly onEnd?: (end: JobEnd<R>) => void;
}

/** What a journal keeps of a job that is done. */
interface Kept<R> {
  readonly result: R;
  readonly where: string;
  readonly tries: number;
}

/**
 * Runs jobs and gathers how each ended, by its id. A job that failed fails alone. Those that a stop left have no entry.
 * Results are in the journal before anybody hears of them.
 */
export async function runSweep<R>(jobs: readonly Job[], options: SweepOptions<R>): Promise<Map<string, JobEnd<R>>> {
  const { engine, journal, retries = 2, stop, onChange, onEnd } = options;
  const ends = new Map<string, JobEnd<R>>();
  const settle = (end: JobEnd<R>): void => {
    ends.set(end.job.id, end);
    onEnd?.(end);
  };
  for (const job of jobs) {
    const kept = journal?.get(job.id) as Kept<R> | undefined;
    if (kept) settle({ job, state: "done", ...kept });
  }
  await engine.run(
    jobs.filter(({ id }) => !ends.has(id)),
    {
      retries,
      stop,
      onChange,
      async onEnd(end) {
        if (end.state === "done") {
          const { result, where, tries } = end;
          await journal?.add(end.job.id, { result, where, tries } satisfies Kept<R>);
        }
        settle(end);
      },
    },
  );
  return ends;
}
