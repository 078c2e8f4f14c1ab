import { type DataSource, firstOf, type Metric, type Model, PruneError } from "@prune/core";
import { errorNeedsCalib, errorNeedsData, errorNeedsEval } from "../errors.ts";
import type { CalibrationFlags, DataFlags, RuntimeFlags } from "../flags.ts";
import { classify } from "../lib/classify.ts";
import type { DataSet } from "../lib/data-set.ts";
import { accuracy, agreement } from "../lib/metrics.ts";
import type { Progress } from "../lib/progress.ts";
import type { Registry } from "../registry.ts";

/** How two models do on the same data. */
export interface Evaluation {
  /** What --eval names; undefined where a configuration evaluates by itself. */
  readonly data?: string;
  readonly samples?: number;
  /** Top-1 accuracy of each; only where the data has labels, and no metric was asked for. */
  readonly accuracy?: readonly [before: number, after: number];
  /** Fraction of samples for which both pick the same class; only where no metric was asked for. */
  readonly agreement?: number;
  /** What was asked for instead. */
  readonly metric?: { readonly name: string; readonly before: number; readonly after: number };
  /** What was done to float inputs. */
  readonly scaling?: DataSet["scaling"];
}

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

/** What is measured instead of accuracy and agreement, without data if need be. */
export interface Measure extends Omit<Metric, "measure"> {
  readonly measure: (model: Model, data: DataSource | undefined) => number | Promise<number>;
}

/** The metric that the flags name, or that a configuration holds; undefined where there is none. */
export async function metricFor(registry: Registry, { metric, evaluate }: DataFlags): Promise<Measure | undefined> {
  if (metric === undefined) return evaluate && { name: "evaluate", measure: evaluate };
  const { measure, ...about } = await registry.metric(metric);
  return { ...about, measure: (model, data) => measure(model, data!) }; // --metric goes with --eval
}

/** Measures a model. @throws {PruneError} `bad-data` without labels that are needed, or where no number comes back */
export async function measureWith(
  { name, needsLabels, measure }: Measure,
  model: Model,
  data: DataSource | undefined,
): Promise<number> {
  if (needsLabels && !data?.labels)
    throw new PruneError("bad-data", `Metric "${name}" needs labels, which the data of --eval does not have.`);
  const value: unknown = await measure(model, data);
  if (typeof value !== "number" || !Number.isFinite(value))
    throw new PruneError("bad-data", `Metric "${name}" gave ${String(value)}, not a number.`);
  return value;
}

/** How two models do, on all of the data; undefined where there is nothing to tell it by. */
export async function evaluate(
  before: Model,
  after: Model,
  data: DataSet | undefined,
  { eval: path, threads }: DataFlags & RuntimeFlags,
  progress: Progress,
  metric?: Measure,
): Promise<Evaluation | undefined> {
  const about = data && path !== undefined ? { data: path, samples: data.count, scaling: data.scaling } : {};
  if (metric) {
    progress.show(`evaluate ${metric.name}`);
    const values = { before: await measureWith(metric, before, data), after: await measureWith(metric, after, data) };
    return { ...about, metric: { name: metric.name, ...values } };
  }
  if (!data) return undefined;
  const { labels, count } = data;
  const show = (which: string) => (done: number) => progress.show(`evaluate ${which}: ${done} of ${count}`);
  const a = await classify(before, data, { threads, onProgress: show("original") });
  const b = await classify(after, data, { threads, onProgress: show("result") });
  return {
    ...about,
    ...(labels ? { accuracy: [accuracy(a, labels), accuracy(b, labels)] } : {}),
    agreement: agreement(a, b),
  };
}
