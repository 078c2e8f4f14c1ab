import { encodeModel } from "@prune/backend-onnx/node";
import type { Model, PruneResult, Report } from "@prune/core";
import type { Evaluation } from "./evaluate.ts";
import type { MeasuredLatency } from "./measure.ts";
import { isTfjs } from "./open-model.ts";
import type { Regularization } from "./regularize.ts";

/** A file and its size; weights that lie in a file beside it are counted in. */
export interface FileReport {
  readonly path: string;
  readonly bytes: number;
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

/** Core's report, and what only the command knows: files, settings, measurements. */
export interface FullReport extends Report {
  readonly files: { readonly before: FileReport; readonly after: FileReport };
  readonly settings?: RunSettings;
  /** How the model was trained before the cut. */
  readonly regularization?: Regularization;
  readonly latency?: MeasuredLatency;
  readonly evaluation?: Evaluation;
  /** The execution provider that the result was run on, where one was asked for. */
  readonly provider?: string;
}

/** What a report says besides core's. */
export type Extras = Omit<FullReport, keyof Report | "files">;

export function fullReport(
  paths: readonly [string, string],
  model: Model,
  result: PruneResult,
  sparse: boolean | undefined,
  extras: Extras,
): FullReport {
  const remarks = [...(result.report.remarks ?? []), ...(result.report.zeros ? [NO_FASTER] : [])];
  return {
    ...result.report,
    files: { before: fileReport(paths[0], model), after: fileReport(paths[1], result.model, sparse) },
    ...extras,
    ...(remarks.length ? { remarks } : {}),
  };
}

const NO_FASTER =
  "ONNX Runtime computes with zeros as with any other weight, and makes sparse tensors dense when it loads them: the result is not faster, only smaller when it is compressed or stored sparse.";

/** A model as a file; the size is that of all its bytes in one file. */
export function fileReport(path: string, model: Model, sparse = false): FileReport {
  const sha256 = model.sha256();
  const bytes = isTfjs(path) ? model.toBytes().length : encodeModel(model.graph, { sparse }).length;
  return { path, bytes, ...(sha256 === undefined ? {} : { sha256 }) };
}
