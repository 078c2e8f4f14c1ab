import { type DataSource, type Metric, type Model, PruneError } from "@prune/core";
import type { Evaluation } from "@prune/report";
import type { DataFlags } from "../flags.ts";
import { classify, type ClassifyOptions } from "../lib/classify.ts";
import { accuracy, agreement } from "../lib/metrics.ts";
import type { Registry } from "../registry.ts";

/**
 * Says what networks are worth on some data: by a metric that was asked for, or top-1 accuracy or, without labels,
 * agreement with the original.
 */
export interface Judge {
  readonly metric: string;
  readonly better: "higher" | "lower";
  /** Runs a network on all of the data. */
  readonly worth: (model: Model) => Promise<number>;
  readonly sideBySide: (model: Model) => Promise<SideBySide>;
}

/** How a network does beside the original. */
interface SideBySide {
  /** Top-1 accuracy of each; only where the data has labels, and no metric was asked for. */
  readonly accuracy?: readonly [before: number, after: number];
  /** Fraction of samples for which both pick the same class; only where no metric was asked for. */
  readonly agreement?: number;
  /** What was asked for instead. */
  readonly metric?: NonNullable<Evaluation["metric"]>;
}

/** What is measured instead of accuracy and agreement, without data if need be. */
export interface Measure extends Omit<Metric, "measure"> {
  readonly measure: (model: Model, data: DataSource | undefined, original: Model) => number | Promise<number>;
}

/** The metric that the flags name, or that a configuration holds; undefined where there is none. */
export async function metricFor(registry: Registry, { metric, evaluate }: DataFlags): Promise<Measure | undefined> {
  if (metric === undefined) return evaluate && { name: "evaluate", measure: evaluate };
  const { measure, ...about } = await registry.metric(metric);
  return { ...about, measure: (model, data, original) => measure(model, data!, original) }; // --metric goes with --eval
}

/** What a judge goes by. */
export interface JudgeOptions {
  /** As the original takes it. */
  readonly data: DataSource | undefined;
  /** As another network takes it. Default: the same. */
  readonly dataOf?: (model: Model) => DataSource | undefined;
  readonly threads: number | undefined;
  readonly metric: Measure | undefined;
  readonly onProgress?: (text: string) => void;
}

/** A judge that runs the original once, when it is first needed; undefined where there is nothing to judge by. */
export function judgeFor(original: Model, options: JudgeOptions): Judge | undefined {
  const { data, metric } = options;
  return metric ? judgeBy(metric, original, options) : data && judgeOn(original, data, options);
}

function judgeBy(metric: Measure, original: Model, { data, dataOf = () => data, onProgress }: JudgeOptions): Judge {
  const { name, better = "higher", needsLabels, measure } = metric;
  const measured = async (model: Model): Promise<number> => {
    if (needsLabels && !data?.labels)
      throw new PruneError("bad-data", `Metric "${name}" needs labels, which the data of --eval does not have.`);
    onProgress?.(`evaluate ${name}`);
    const value: unknown = await measure(model, dataOf(model), original);
    if (typeof value !== "number" || !Number.isFinite(value))
      throw new PruneError("bad-data", `Metric "${name}" gave ${String(value)}, not a number.`);
    return value;
  };
  let whole: Promise<number> | undefined;
  const worth = (model: Model): Promise<number> => (model === original ? (whole ??= measured(model)) : measured(model));
  return {
    metric: name,
    better,
    worth,
    sideBySide: async (model) => {
      const values = { name, before: await worth(original), after: await worth(model) };
      return { metric: better === "lower" ? { ...values, better } : values };
    },
  };
}

function judgeOn(original: Model, data: DataSource, { dataOf = () => data, threads, onProgress }: JudgeOptions): Judge {
  const { labels, count } = data;
  const optionsFor = (which: string): ClassifyOptions => ({
    threads,
    onProgress: (done) => onProgress?.(`evaluate ${which}: ${done} of ${count}`),
  });
  let found: Promise<Int32Array> | undefined;
  const whole = (): Promise<Int32Array> => (found ??= classify(original, data, optionsFor("original")));
  const classesOf = (model: Model): Promise<Int32Array> =>
    model === original ? whole() : classify(model, dataOf(model) ?? data, optionsFor("result"));
  return {
    metric: labels ? "accuracy" : "agreement",
    better: "higher",
    worth: async (model) => {
      const classes = await classesOf(model);
      return labels ? accuracy(classes, labels) : agreement(await whole(), classes);
    },
    sideBySide: async (model) => {
      const [before, after] = [await whole(), await classesOf(model)];
      return {
        ...(labels ? { accuracy: [accuracy(before, labels), accuracy(after, labels)] } : {}),
        agreement: agreement(before, after),
      };
    },
  };
}
