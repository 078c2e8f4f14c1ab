import { bytesOf, type Chunk, encodeModel } from "@prune/backend-onnx/node";
import type { Model, PruneResult, Report } from "@prune/core";
import type { FileReport, FullReport } from "@prune/report";
import { gzipSize } from "../lib/gzip-size.ts";
import { isTfjs } from "./open-model.ts";
import { speedRemark } from "./speed-remark.ts";

export type { FileReport, FullReport, RunSettings } from "@prune/report";

/** What a report says besides core's. */
export type Extras = Omit<FullReport, keyof Report | "files">;

export async function fullReport(
  paths: readonly [string, string],
  model: Model,
  result: PruneResult,
  options: FileOptions,
  extras: Extras,
): Promise<FullReport> {
  const { remarks: found = [], zeros } = result.report;
  const slow = zeros ? NO_FASTER : extras.latency && speedRemark(extras.latency);
  const remarks = [...found, ...(slow === undefined ? [] : [slow])];
  return {
    ...result.report,
    files: {
      before: await fileReport(paths[0], model, { ...options, sparse: false }),
      after: await fileReport(paths[1], result.model, options),
    },
    ...extras,
    ...(remarks.length ? { remarks } : {}),
  };
}

const NO_FASTER =
  "ONNX Runtime computes with zeros as with any other weight, and makes sparse tensors dense when it loads them: the result is not faster, only smaller when it is compressed or stored sparse.";

/** What is found out about a file. */
export interface FileOptions {
  /** Whether weights of which most are zero are stored as sparse tensors. Default false. */
  readonly sparse?: boolean | undefined;
  /** Whether it is compressed to see how small it gets. Default false. */
  readonly compressed?: boolean;
}

/** What a report wants to know of files. Compressing takes its time, and is left out where nobody would see it. */
export const fileOptions = (flags: {
  readonly report?: string;
  readonly json?: boolean;
  readonly sparseStorage?: boolean;
}): FileOptions => ({ sparse: flags.sparseStorage, compressed: isDetailed(flags) });

/** Whether somebody sees more than what is printed for people. */
export const isDetailed = ({ report, json }: { readonly report?: string; readonly json?: boolean }): boolean =>
  report !== undefined || json === true;

/** A model as a file; the size is that of all its bytes in one file. */
export async function fileReport(
  path: string,
  model: Model,
  { sparse = false, compressed = false }: FileOptions = {},
): Promise<FileReport> {
  const sha256 = model.sha256();
  const chunks = isTfjs(path) ? [model.toBytes()] : encodeModel(model.graph, { sparse }).chunks;
  return {
    path,
    bytes: chunks.reduce((sum, chunk) => sum + chunk.length, 0),
    ...(compressed ? { gzipBytes: await gzipSize(views(chunks)) } : {}),
    ...(sha256 === undefined ? {} : { sha256 }),
  };
}

/** The bytes of chunks, each read when it is its turn. */
function* views(chunks: readonly Chunk[]): Iterable<Uint8Array> {
  for (const chunk of chunks) yield bytesOf(chunk);
}
