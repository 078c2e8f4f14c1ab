import { analyzeModel, type Cost, costModel, type Model, type OpHandler } from "@prune/core";
import type { CompareFlags } from "../commands/compare.ts";
import type { Io } from "../io.ts";
import { progressOn } from "../lib/progress.ts";
import { checkDataFlags, dataFor, evaluate, type Evaluation } from "./evaluate.ts";
import { type FileReport, fileReport } from "./full-report.ts";
import { judgeFor, metricFor } from "./judge.ts";
import { measure, type MeasuredLatency } from "./measure.ts";
import { openModel } from "./open-model.ts";
import { printComparison } from "./print-comparison.ts";
import { registryFor } from "./registry-for.ts";

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
  const registry = await registryFor(flags);
  const metric = await metricFor(registry, flags);
  const progress = progressOn(io, flags.quiet);
  progress.show("read");
  let comparison: Comparison;
  try {
    const [a, b] = [await openModel(pathA, flags, io), await openModel(pathB, flags, io)];
    const data = await dataFor(a, registry, flags);
    const { operators } = registry;
    const costs = [await costOf(a, operators, flags), await costOf(b, operators, flags)] as const;
    progress.show("measure");
    const latency = await measure([a, b], flags);
    const judge = judgeFor(a, data, flags.threads, metric, progress.show);
    const evaluation = judge && (await evaluate(judge, b, data, flags.eval));
    comparison = {
      format: "prune-comparison/1",
      files: [fileReport(pathA, a), fileReport(pathB, b)],
      costs,
      latency,
      ...(evaluation ? { evaluation } : {}),
    };
  } finally {
    progress.clear();
  }
  if (flags.json) io.stdout.write(`${JSON.stringify(comparison)}\n`);
  else if (!flags.quiet) printComparison(comparison, io);
}

async function costOf(model: Model, operators: readonly OpHandler[], { dim }: CompareFlags): Promise<Cost> {
  return costModel(await analyzeModel(model, { operators, dims: dim ?? {} })).original;
}
