import { firstOf, type DataSource, type Model } from "@prune/core";
import type { Evaluation } from "@prune/report";
import { errorNeedsCalib, errorNeedsData } from "../errors.ts";
import type { DataSet } from "../lib/data-set.ts";
import type { CalibrationFlags, DataFlags } from "../flags.ts";
import type { Judge } from "./judge.ts";

export type { Evaluation } from "@prune/report";

/** The data that the flags name; undefined when they name none. */
export async function dataFor(model: Model, { eval: path, scale, mean, std }: DataFlags): Promise<DataSet | undefined> {
  if (path === undefined) return undefined;
  const { loadData } = await import("../lib/data-set.ts");
  return loadData(path, model.graph.inputs, { scale, mean, std });
}

/** Samples to learn from. */
export interface Samples {
  /** Those that statistics are gathered from. */
  readonly calibration: DataSource;
  /** All there are. */
  readonly training: DataSource;
}

/**
 * The samples to learn from; undefined when the flags name none.
 * @param trains whether more are needed than those that statistics are gathered from
 */
export async function samplesFor(
  model: Model,
  { calib, calibSamples = 1000, scale, mean, std }: CalibrationFlags & DataFlags,
  trains = false,
): Promise<Samples | undefined> {
  if (calib === undefined) return undefined;
  const { loadData } = await import("../lib/data-set.ts");
  const training = await loadData(calib, model.graph.inputs, { scale, mean, std }, trains ? undefined : calibSamples);
  return { calibration: firstOf(training, calibSamples), training };
}

/** Refuses flags that speak of data where there is none. */
export function checkDataFlags(flags: CalibrationFlags & DataFlags): void {
  if (flags.calibSamples !== undefined && flags.calib === undefined)
    throw errorNeedsCalib("--calib-samples", ["samples"]);
  if (flags.eval !== undefined || flags.calib !== undefined) return;
  for (const name of ["scale", "mean", "std"] as const)
    if (flags[name] !== undefined) throw errorNeedsData(`--${name}`);
}

/** What a judge says of a network beside the original, and on what data. */
export async function evaluate(judge: Judge, model: Model, data: DataSet, path: string): Promise<Evaluation> {
  return { data: path, samples: data.count, ...(await judge.sideBySide(model)), scaling: data.scaling };
}
