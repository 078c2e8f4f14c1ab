import { basename } from "../page/basename.ts";
import type { Comparison, Evaluation, FileReport, FullReport, MeasuredLatency } from "../types.ts";
import type { Cost } from "@prune/core";

/** What a report says of two networks, whichever report it is. */
export interface Pair {
  /** What the two are called in headings. */
  readonly names: readonly [string, string];
  readonly files: readonly [FileReport, FileReport];
  readonly costs: readonly [Cost, Cost];
  readonly zeros?: readonly [number, number];
  readonly latency?: MeasuredLatency;
  readonly evaluation?: Evaluation;
}

export function pairOf(report: FullReport | Comparison): Pair {
  const { latency, evaluation } = report;
  const measured = { ...(latency ? { latency } : {}), ...(evaluation ? { evaluation } : {}) };
  if (report.format === "prune-comparison/1") {
    const { files, costs } = report;
    const [a, b] = files.map(({ path }) => basename(path)) as [string, string];
    return { names: a === b ? [files[0].path, files[1].path] : [a, b], files, costs, ...measured };
  }
  const { files, before, after, zeros } = report;
  return {
    names: ["Before", "After"],
    files: [files.before, files.after],
    costs: [before, after],
    ...(zeros ? { zeros } : {}),
    ...measured,
  };
}
