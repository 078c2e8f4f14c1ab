import type { DataSource, Model, Plugin, RunValues } from "@prune/core";
import type { ApplyFlags } from "./commands/apply.ts";
import type { CompareFlags } from "./commands/compare.ts";
import type { InspectFlags } from "./commands/inspect.ts";
import type { RunFlags } from "./commands/run.ts";
import type { SensitivityFlags } from "./commands/sensitivity.ts";
import type { SweepFlags } from "./commands/sweep.ts";
import type { VerifyFlags } from "./commands/verify.ts";

type AllFlags = RunFlags & InspectFlags & ApplyFlags & VerifyFlags & CompareFlags & SensitivityFlags & SweepFlags;

/** Samples of your own: arrays named after the model's inputs, samples along the first axis, and optional `labels`. */
export type DataFunction = () => RunValues | Promise<RunValues>;

/**
 * How good a model is, in your own terms; a larger number is better.
 * @param data what `eval` names, where it names anything
 */
export type EvaluateFunction = (model: Model, data: DataSource | undefined) => number | Promise<number>;

/**
 * What `prune.config.ts` (or .mts, .js, .mjs, .json) may say: any flag of any command, in camelCase, which a flag on the
 * command line overrides; and code of your own. A command goes by those that it has. Paths are relative to the folder
 * that the command runs in, as on the command line.
 */
export interface Config extends Omit<
  Partial<AllFlags>,
  "target" | "calib" | "eval" | "plugin" | "pluginsFrom" | "evaluate" | "sources"
> {
  /** One budget, such as `{ macs: 0.5 }`: result / original. */
  readonly target?: Readonly<Partial<Record<"macs" | "params" | "bytes" | "latency", number>>>;
  /** A file or folder, or a function that yields the samples. */
  readonly calib?: string | DataFunction;
  readonly eval?: string | DataFunction;
  /** Packages, files, or plug-ins as they are. */
  readonly plugin?: readonly (string | Plugin)[];
  /** Measured instead of accuracy and agreement. */
  readonly evaluate?: EvaluateFunction;
}

/** Declares a configuration; a plain identity that gives the object its type. Export it as `default`. */
export function defineConfig(config: Config): Config {
  return config;
}
