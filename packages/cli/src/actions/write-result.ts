import type { PruneResult } from "@prune/core";
import { reportText } from "../lib/report-text.ts";
import { stageFiles } from "../lib/stage-files.ts";
import type { FullReport } from "./full-report.ts";

/** Where a result goes. */
export interface ResultPaths {
  readonly output: string;
  readonly plan?: string;
  readonly report?: string;
}

/**
 * Writes model, plan and report: each appears whole or not at all, and plan and report only beside their model.
 * @throws {PruneError} `io-failed`
 */
export async function writeResult({ model, plan }: PruneResult, report: FullReport, paths: ResultPaths): Promise<void> {
  const staged = await stageFiles([
    ...(paths.plan === undefined ? [] : [{ path: paths.plan, data: `${JSON.stringify(plan)}\n` }]),
    ...(paths.report === undefined ? [] : [{ path: paths.report, data: await reportText(paths.report, report) }]),
  ]);
  try {
    await model.save(paths.output);
    staged.commit();
  } finally {
    staged.discard();
  }
}
