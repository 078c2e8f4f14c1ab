import type { Attempt, Engine, JobChange, JobEnd } from "./engine.ts";
import type { Job } from "./job.ts";

/** How jobs of a queue are done. */
export interface WorkOptions<R> {
  /** What this worker is called. */
  readonly where: string;
  /** How many jobs at once. */
  readonly concurrency: number;
  /** How often a job is given to another worker when the one that had it is lost. */
  readonly retries: number;
  /** Once it is aborted, no other job is taken; those under way are finished. */
  readonly stop: { readonly aborted: boolean };
  /** Tries a job. When it rejects, the job is given back to the queue, and the work ends with that error. */
  readonly perform: (job: Job) => Promise<Attempt<R>>;
  readonly onChange?: ((change: JobChange) => void) | undefined;
  readonly onEnd?: ((end: JobEnd<R>) => void) | undefined;
}

/** Jobs that are handed in by one process and done by others. */
export interface JobQueue<R> extends Engine<R> {
  /** Takes jobs, whoever handed them in, until `stop` is aborted. */
  work(options: WorkOptions<R>): Promise<void>;
  /** Says how many workers there are. */
  workers(): Promise<number>;
  close(): Promise<void>;
}
