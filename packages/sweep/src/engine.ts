import type { Job } from "./job.ts";

/** What one try of a job came to. JSON if results are. */
export type Attempt<R> = { readonly result: R } | { readonly failure: Failure };

/** Why a try failed. */
export interface Failure {
  readonly reason: string;
  /** Whether every other try would fail in the same way, so that none is worth while. */
  readonly isFinal: boolean;
}

/** What happens to a job before it ends. */
export type JobChange =
  | { readonly job: Job; readonly state: "running"; readonly where: string }
  /** It failed, or who did it was lost, and it will be tried again. */
  | { readonly job: Job; readonly state: "again"; readonly reason: string };

/** How a job ended. */
export type JobEnd<R> =
  | { readonly job: Job; readonly state: "done"; readonly result: R; readonly where: string; readonly tries: number }
  | { readonly job: Job; readonly state: "failed"; readonly reason: string; readonly tries: number };

/** How jobs are to be run. */
export interface EngineOptions<R> {
  /** How often a job that failed, or was lost, is tried again. */
  readonly retries: number;
  /** Once it is aborted, no other job begins; those under way are finished. */
  readonly stop?: { readonly aborted: boolean } | undefined;
  readonly onChange?: ((change: JobChange) => void) | undefined;
  /** Hears once of every job that ended. Rejecting ends the run. */
  readonly onEnd: (end: JobEnd<R>) => Promise<void>;
}

/** Runs jobs somewhere: in threads, or on many machines. */
export interface Engine<R> {
  /** Runs jobs in any order; resolves once each has ended or, after `stop`, those that had begun. */
  run(jobs: readonly Job[], options: EngineOptions<R>): Promise<void>;
}
