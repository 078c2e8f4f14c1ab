import { basename } from "node:path";
import { firstOf, type DataSource, type Model } from "@prune/core";
import type { Evaluation } from "@prune/report";
import { errorNeedsCalib, errorNeedsData, errorNeedsEval } from "../errors.ts";
import type { CalibrationFlags, DataFlags } from "../flags.ts";
import { bad, type DataSet } from "../lib/data-of-arrays.ts";
import type { Registry } from "../registry.ts";
import type { Judge } from "./judge.ts";

export type { Evaluation } from "@prune/report";

/** The data that the flags name; undefined when they name none. */
export async function dataFor(
  model: Model,
  registry: Registry,
  { eval: path, ...flags }: DataFlags,
): Promise<DataSet | undefined> {
  if (path === undefined) return undefined;
  const data = await load(path, model, registry, flags);
  // What another metric takes for a label is its own business.
  if (flags.metric === undefined && flags.evaluate === undefined) checkClasses(path, data, model);
  return data;
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
  { calib, calibSamples = 1000, ...flags }: CalibrationFlags & DataFlags & { readonly loss?: string },
  trains = false,
): Promise<Samples | undefined> {
  if (calib === undefined) return undefined;
  const training = await load(calib, model, registry, flags, trains ? undefined : calibSamples);
  if (trains && flags.loss === undefined) checkClasses(calib, training, model);
  return { calibration: firstOf(training, calibSamples), training };
}

/** Refuses labels that are no class of a classifier, such as classes that are counted from 1. Negative ones mean none. */
function checkClasses(path: string, { labels, labelDims }: DataSet, { graph }: Model): void {
  const { name = "", dims } = graph.outputs[0] ?? {};
  const classes = dims?.length === 2 && !labelDims.length ? dims[1] : undefined;
  if (typeof classes !== "number" || classes < 2) return;
  const sample = labels?.findIndex((label) => label >= classes) ?? -1;
  if (sample >= 0)
    throw bad(
      basename(path),
      `has label ${labels![sample]!}, of sample ${sample}, which is none of the ${classes} classes of output "${name}": they are counted from 0. Give the labels of this model`,
    );
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
