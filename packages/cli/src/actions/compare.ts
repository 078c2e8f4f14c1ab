import { analyzeModel, type Cost, costModel, type Model } from "@prune/core";
import type { CompareFlags } from "../commands/compare.ts";
import type { Io } from "../io.ts";
import { progressOn } from "../lib/progress.ts";
import { checkDataFlags, dataFor, evaluate, type Evaluation } from "./evaluate.ts";
import { type FileReport, fileReport } from "./full-report.ts";
import { judgeOn } from "./judge.ts";
import { measure, type MeasuredLatency } from "./measure.ts";
import { openModel } from "./open-model.ts";
import { printComparison } from "./print-comparison.ts";

/** Two models side by side; pairs are in the order of the command line. */
export interface Comparison {
  readonly format: "prune-comparison/1";
  readonly files: readonly [FileReport, FileReport];
  readonly costs: readonly [Cost, Cost];
  readonly latency: MeasuredLatency;
  readonly evaluation?: Evaluation;
}

/** Compares two model files. */
export async function compare(pathA: string, pathB: string, flags: CompareFlags, io: Io): Promise<void> {
  checkDataFlags(flags);
  const progress = progressOn(io, flags.quiet);
  progress.show("read");
  let comparison: Comparison;
  try {
    const [a, b] = [await openModel(pathA, flags, io), await openModel(pathB, flags, io)];
    const data = await dataFor(a, flags);
    const costs = [await costOf(a, flags), await costOf(b, flags)] as const;
    progress.show("measure");
    const latency = await measure([a, b], flags);
    comparison = {
      format: "prune-comparison/1",
      files: [fileReport(pathA, a), fileReport(pathB, b)],
      costs,
      latency,
      ...(data && flags.eval !== undefined
        ? { evaluation: await evaluate(judgeOn(a, data, flags.threads, progress.show), b, data, flags.eval) }
        : {}),
    };
  } finally {
    progress.clear();
  }
  if (flags.json) io.stdout.write(`${JSON.stringify(comparison)}\n`);
  else if (!flags.quiet) printComparison(comparison, io);
}

async function costOf(model: Model, { dim }: CompareFlags): Promise<Cost> {
  return costModel(await analyzeModel(model, { dims: dim ?? {} })).original;
}
