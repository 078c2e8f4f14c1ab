import type { DataSource, Model } from "@prune/core";
import { classify, type ClassifyOptions } from "../lib/classify.ts";
import { accuracy, agreement } from "../lib/metrics.ts";

/** Says what networks are worth on some data: top-1 accuracy or, without labels, agreement with the original. */
export interface Judge {
  readonly metric: "accuracy" | "agreement";
  /** Runs a network on all of the data. */
  readonly worth: (model: Model) => Promise<number>;
  readonly sideBySide: (model: Model) => Promise<SideBySide>;
}

/** How a network does beside the original. */
interface SideBySide {
  /** Top-1 accuracy of each; only where the data has labels. */
  readonly accuracy?: readonly [before: number, after: number];
  /** Fraction of samples for which both pick the same class. */
  readonly agreement: number;
}

/** A judge that runs the original once, when it is first needed. @param onProgress hears how many samples are done */
export function judgeOn(
  original: Model,
  data: DataSource,
  threads: number | undefined,
  onProgress?: (text: string) => void,
): Judge {
  const { labels, count } = data;
  const optionsFor = (which: string): ClassifyOptions => ({
    threads,
    onProgress: (done) => onProgress?.(`evaluate ${which}: ${done} of ${count}`),
  });
  let found: Promise<Int32Array> | undefined;
  const whole = (): Promise<Int32Array> => (found ??= classify(original, data, optionsFor("original")));
  const classesOf = (model: Model): Promise<Int32Array> =>
    model === original ? whole() : classify(model, data, optionsFor("result"));
  return {
    metric: labels ? "accuracy" : "agreement",
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
