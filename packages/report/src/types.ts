import type { Cost, GroupReport, LayerReport, NodeReport, Report, Sensitivity } from "@prune/core";

/** A file and its size; weights that lie in a file beside it are counted in. */
export interface FileReport {
  readonly path: string;
  readonly bytes: number;
  /** The same compressed by gzip. */
  readonly gzipBytes?: number;
  readonly sha256?: string;
}

/** What was asked for. */
export interface RunSettings {
  readonly type: string;
  /** Undefined where the type of pruning judges by itself. */
  readonly scorer?: string;
  readonly target: Readonly<Record<string, number>>;
  /** Instead of a target, a fraction of what is measured on the data of `--eval`. */
  readonly maxDrop?: number;
  readonly allocation?: string;
  readonly seed: number;
  readonly aggregate?: string;
  readonly normalize?: string;
  readonly epsilon?: number;
  readonly percentile?: number;
  readonly rank?: string;
  readonly blocks?: string;
  readonly keepTokens?: string;
  readonly pattern?: string;
  readonly over?: string;
  readonly schedule?: string;
  readonly steps?: number;
  readonly rewind?: string;
  readonly regularize?: string;
  readonly saveTrained?: string;
  readonly recover?: string;
  readonly loss?: string;
  readonly epochs?: number;
  readonly lr?: number;
  readonly calib?: string;
}

/** How a model was trained before the cut. */
export interface Regularization {
  readonly name: string;
  readonly samples: number;
  readonly strength: number;
  /** What was minimised, penalty included: the mean over each epoch. */
  readonly losses: readonly number[];
  /** What the loss stands for, such as accuracy, as a fraction: the mean over each epoch. */
  readonly metric?: { readonly name: string; readonly values: readonly number[] };
}

/** Latency of one model, in milliseconds. */
export interface Latency {
  readonly median: number;
  /** The middle half of all runs lies between these. */
  readonly quartiles: readonly [number, number];
}

/** What was measured, and how. */
export interface LatencyReport {
  /** In the order of the models. */
  readonly models: readonly Latency[];
  /** Runs of each model, after warm-up. */
  readonly runs: number;
  readonly threads: number;
}

/** Latency and the execution provider that it was measured on. */
export interface MeasuredLatency extends LatencyReport {
  readonly provider: string;
}

/** What is done to data on its way into a float input: `(x · scale − mean) / std`. */
export interface Scaling {
  /** Default 1/255 for uint8, which pictures are stored in, otherwise 1. */
  readonly scale?: number | undefined;
  /** One number, or one per channel. Default 0. */
  readonly mean?: readonly number[] | undefined;
  /** One number, or one per channel. Default 1. */
  readonly std?: readonly number[] | undefined;
}

/** How two models do on the same data. */
export interface Evaluation {
  /** Undefined where it was not measured on data of a file. */
  readonly data?: string;
  readonly samples?: number;
  /** Top-1 accuracy of each; only where the data has labels. */
  readonly accuracy?: readonly [before: number, after: number];
  /** Fraction of samples for which both pick the same class. */
  readonly agreement?: number;
  /** What else they were measured by. */
  readonly metric?: {
    readonly name: string;
    readonly before: number;
    readonly after: number;
    /** Which values are better. Default "higher". */
    readonly better?: "higher" | "lower";
  };
  /** What was done to float inputs. */
  readonly scaling?: Scaling;
}

/** Where and how something was measured. */
export interface Environment {
  /** The arguments of `prune`, as they were given. */
  readonly command: readonly string[];
  /** Of the toolkit, Node.js and the runtime. */
  readonly versions: Readonly<Record<string, string>>;
  /** Operating system and architecture. */
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
}

/** A layer before and after, and how long it takes by itself. */
export interface MeasuredLayer extends LayerReport {
  /** Milliseconds of the layer run by itself, before and after; undefined where it was not measured. */
  readonly latency?: readonly [number, number];
}

/** What one run of `prune run` or `prune apply` did: core's report, and what only the command knows. */
export interface FullReport extends Report {
  readonly layers: readonly MeasuredLayer[];
  readonly files: { readonly before: FileReport; readonly after: FileReport };
  readonly settings?: RunSettings;
  readonly regularization?: Regularization;
  readonly latency?: MeasuredLatency;
  readonly evaluation?: Evaluation;
  /** The execution provider that the result was run on, where one was asked for. */
  readonly provider?: string;
  readonly environment?: Environment;
}

/** Two models side by side; pairs are in the order of the command line. */
export interface Comparison {
  readonly format: "prune-comparison/1";
  readonly files: readonly [FileReport, FileReport];
  readonly costs: readonly [Cost, Cost];
  /** Layers of the first model, beside those of the same name in the second; then what only the second has. */
  readonly layers: readonly MeasuredLayer[];
  readonly groups: readonly GroupReport[];
  /** The way that data takes through the first model. */
  readonly graph: readonly NodeReport[];
  readonly latency: MeasuredLatency;
  readonly evaluation?: Evaluation;
  readonly environment?: Environment;
}

/** The curves of `prune sensitivity`. */
export interface SensitivityReport extends Sensitivity {
  readonly format: "prune-sensitivity/1";
  readonly file: FileReport;
  readonly data?: string;
  readonly samples?: number;
  /** What the values are: top-1 accuracy or, without labels, agreement with the whole network; or another metric. */
  readonly metric: string;
  /** Which values are better. Default "higher". */
  readonly better?: "higher" | "lower";
  readonly scorer: string;
  readonly environment?: Environment;
}

/** What a network costs. */
export interface SweepCost {
  readonly macs: number;
  /** Without weights that are zero, where those were counted: after single weights or N:M were pruned. */
  readonly params: number;
  /** Of the file. */
  readonly bytes: number;
  /** Median in milliseconds, where it was measured. */
  readonly latency?: number;
}

/** What networks are worth, by one measure. */
export interface SweepValue {
  /** accuracy, agreement (with the original, where data has no labels), or the name of a metric. */
  readonly measure: string;
  readonly better: "higher" | "lower";
  /** Of agreement 1. */
  readonly before: number;
  readonly after: number;
}

/** One job of a sweep: what was asked for, and what came of it. */
export interface SweepJob {
  readonly id: string;
  readonly name: string;
  /** The model's file, as the sweep names it. */
  readonly model: string;
  /** The settings that differ between jobs, as text. */
  readonly settings: Readonly<Record<string, string>>;
  /** "left": it was not run, since the sweep was interrupted. */
  readonly state: "done" | "failed" | "left";
  /** Why it failed. */
  readonly reason?: string;
  /** How often it was tried. */
  readonly tries: number;
  readonly where?: string;
  readonly before?: SweepCost;
  readonly after?: SweepCost;
  /** Where something was measured on data. */
  readonly value?: SweepValue;
  /** Its own report, relative to this one; where reports were kept. */
  readonly page?: string;
}

/**
 * Networks of which none is both cheaper and better than another. Those compete that were measured in the same way on
 * the same data; by agreement with the original or divergence from it, those of one model.
 */
export interface SweepFront {
  readonly measure: string;
  readonly better: "higher" | "lower";
  /** The data they were measured on. */
  readonly data?: string;
  readonly against: keyof SweepCost;
  /** The jobs that compete. */
  readonly among: readonly string[];
  /** The ids of the jobs on the front, from cheap to expensive. */
  readonly jobs: readonly string[];
  /** The models on it as they were, which compete too. */
  readonly originals: readonly string[];
}

/** What came of a grid of prunings. */
export interface SweepReport {
  readonly format: "prune-sweep/1";
  readonly name: string;
  /** The settings that differ between jobs. */
  readonly axes: readonly string[];
  readonly jobs: readonly SweepJob[];
  readonly fronts: readonly SweepFront[];
  /** Whether it was interrupted. */
  readonly interrupted?: true;
  readonly remarks?: readonly string[];
  readonly environment?: Environment;
}

/** Everything that a page can be made of; `format` says which it is. */
export type AnyReport = FullReport | Comparison | SensitivityReport | SweepReport;
