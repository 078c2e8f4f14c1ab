import { firstOf, type DataSource, type Model } from "@prune/core";
import type { Evaluation } from "@prune/report";
import { errorNeedsCalib, errorNeedsData, errorNeedsEval } from "../errors.ts";
import type { CalibrationFlags, DataFlags } from "../flags.ts";
import type { DataSet } from "../lib/data-of-arrays.ts";
import type { Registry } from "../registry.ts";
import type { Judge } from "./judge.ts";

export type { Evaluation } from "@prune/report";

/** The data that the flags name; undefined when they name none. */
export async function dataFor(
  model: Model,
  registry: Registry,
  { eval: path, ...flags }: DataFlags,
): Promise<DataSet | undefined> {
  return path === undefined ? undefined : load(path, model, registry, flags);
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
  registry: Registry,
  { calib, calibSamples = 1000, ...flags }: CalibrationFlags & DataFlags,
  trains = false,
): Promise<Samples | undefined> {
  if (calib === undefined) return undefined;
  const training = await load(calib, model, registry, flags, trains ? undefined : calibSamples);
  return { calibration: firstOf(training, calibSamples), training };
}

async function load(
  path: string,
  { graph }: Model,
  registry: Registry,
  { reader, scale, mean, std, sources = {} }: DataFlags,
  limit?: number,
): Promise<DataSet> {
  const { dataSet, loadData } = await import("../lib/data-set.ts");
  const own = Object.hasOwn(sources, path) ? sources[path] : undefined;
  if (own) return dataSet(await own(), path, graph.inputs, { scale, mean, std });
  return loadData(path, graph.inputs, { scale, mean, std }, limit, (name, file) =>
    registry.reader(reader ?? name, file),
  );
}

/** Refuses flags that speak of data where there is none. */
export function checkDataFlags(flags: CalibrationFlags & DataFlags): void {
  if (flags.calibSamples !== undefined && flags.calib === undefined)
    throw errorNeedsCalib("--calib-samples", ["samples"]);
  if (flags.metric !== undefined && flags.eval === undefined) throw errorNeedsEval("--metric");
  if (flags.eval !== undefined || flags.calib !== undefined) return;
  for (const name of ["reader", "scale", "mean", "std"] as const)
    if (flags[name] !== undefined) throw errorNeedsData(`--${name}`);
}

/** What a judge says of a network beside the original, and on what data. */
export async function evaluate(
  judge: Judge,
  model: Model,
  data: DataSet | undefined,
  path: string | undefined,
): Promise<Evaluation> {
  const about = data && path !== undefined ? { data: path, samples: data.count, scaling: data.scaling } : {};
  return { ...about, ...(await judge.sideBySide(model)) };
}
