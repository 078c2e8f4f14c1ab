import type { Config } from "./config.ts";
import type { RunFlags } from "./commands/run.ts";

/** What a job can be told: what `prune run` takes, but for where results go and what is printed. */
type JobOptions = Pick<
  Config,
  Exclude<
    keyof RunFlags & keyof Config,
    "output" | "plan" | "report" | "journal" | "checkpoint" | "saveTrained" | "quiet" | "json"
  >
> & {
  /** Relative to the folder of the configuration, as all files that it names. */
  readonly model?: string;
};

/** Values to try; every combination of them is a job. */
export type SweepGrid = {
  readonly [K in keyof JobOptions]?: readonly NonNullable<JobOptions[K]>[];
};

/** What `prune sweep` runs: the options of `prune run`, in camelCase, for all jobs, and a grid of those that vary. */
export interface SweepConfig extends JobOptions {
  /** What the sweep is called; on other machines it is known by that. Default: the name of the file. */
  readonly name?: string;
  /** One grid, or several whose jobs come one after the other. */
  readonly grid: SweepGrid | readonly SweepGrid[];
  /** Whether a combination is left out. */
  readonly skip?: (settings: JobOptions) => boolean;
}

/** Declares a sweep; a plain identity that gives the object its type. Export it as `default`. */
export function defineSweep(config: SweepConfig): SweepConfig {
  return config;
}
