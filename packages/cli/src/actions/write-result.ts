import type { PruneResult } from "@prune/core";
import { reportText } from "../lib/report-text.ts";
import { stageFiles } from "../lib/stage-files.ts";
import { tokenListPath, tokenListText } from "../lib/token-list.ts";
import type { FullReport } from "./full-report.ts";

/** Where a result goes. */
export interface ResultPaths {
  readonly output: string;
  readonly plan?: string;
  readonly report?: string;
}

/**
 * Writes model, plan and report, and the list of the tokens that it was left with where some went: each appears whole or
 * not at all, and the others only beside their model.
 * @throws {PruneError} `io-failed`
 */
export async function writeResult({ model, plan }: PruneResult, report: FullReport, paths: ResultPaths): Promise<void> {
  const staged = await stageFiles([
    ...(paths.plan === undefined ? [] : [{ path: paths.plan, data: `${JSON.stringify(plan)}\n` }]),
    ...(plan.tokens ? [{ path: tokenListPath(paths.output), data: tokenListText(plan.tokens.kept) }] : []),
    ...(paths.report === undefined ? [] : [{ path: paths.report, data: await reportText(paths.report, report) }]),
  ]);
  try {
    await model.save(paths.output);
    staged.commit();
  } finally {
    staged.discard();
  }
}
