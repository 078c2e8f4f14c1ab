import { firstOf, type Sensitivity, sensitivity } from "@prune/core";
import type { SensitivityFlags } from "../commands/sensitivity.ts";
import { errorNeedsEval, errorNoEval } from "../errors.ts";
import type { Io } from "../io.ts";
import { openJournal } from "../lib/journal.ts";
import { progressOn } from "../lib/progress.ts";
import { stageFiles } from "../lib/stage-files.ts";
import { checkDataFlags, dataFor, samplesFor } from "./evaluate.ts";
import { evidenceFor } from "./evidence-for.ts";
import { fileReport, type FileReport } from "./full-report.ts";
import { identityOf } from "./identity.ts";
import { ignoreGlobs } from "./ignore.ts";
import { judgeFor, metricFor } from "./judge.ts";
import { openModel } from "./open-model.ts";
import { checkOutputs, checkReportFormat } from "./paths.ts";
import { registryFor } from "./registry-for.ts";

/** The curves of `prune sensitivity`. */
export interface SensitivityReport extends Sensitivity {
  readonly format: "prune-sensitivity/1";
  readonly file: FileReport;
  /** What --eval names; undefined where a configuration evaluates by itself. */
  readonly data?: string;
  readonly samples?: number;
  /** What the values are: the metric that was asked for, or top-1 accuracy or, without labels, agreement with the whole network. */
  readonly metric: string;
  /** Whether a larger value is better. */
  readonly better: "higher" | "lower";
  readonly scorer: string;
}

/** Measures a model file against sparsity, group by group. */
export async function measureSensitivity(path: string, flags: SensitivityFlags, io: Io): Promise<void> {
  if (flags.eval === undefined && !flags.evaluate) throw errorNoEval();
  if (flags.eval === undefined && flags.samples !== undefined) throw errorNeedsEval("--samples");
  checkDataFlags(flags);
  checkReportFormat(flags.report);
  await checkOutputs({ MODEL: path }, { "--report": flags.report, "--journal": flags.journal });
  const registry = await registryFor(flags);
  const spec = flags.scorer ?? "l2";
  const scorer = await registry.scorer(spec);
  const evidence = await evidenceFor(registry, scorer, flags);
  const metric = await metricFor(registry, flags);
  const progress = progressOn(io, flags.quiet);
  let report: SensitivityReport;
  try {
    progress.show("read");
    const model = await openModel(path, flags, io);
    const all = await dataFor(model, registry, flags);
    const data = all && firstOf(all, flags.samples ?? all.count);
    const judge = judgeFor(model, data, flags.threads, metric)!; // there is data, or a metric that needs none
    const journal = flags.journal && (await openJournal(flags.journal, await identityOf("sensitivity", model, flags)));
    const ignore = ignoreGlobs(flags.ignore);
    const curves = await sensitivity(model, {
      scorer,
      evaluate: judge.worth,
      ...(journal ? { journal } : {}),
      calibration: (await samplesFor(model, registry, flags))?.calibration,
      evidence,
      operators: registry.operators,
      ignore: ignore.matches,
      dims: flags.dim ?? {},
      seed: flags.seed ?? 0,
      width: flags.width === true,
      ...(flags.heads ? { heads: flags.heads } : {}),
      ...(flags.ratios ? { ratios: flags.ratios } : {}),
      onProgress: (done, total) => progress.show(`measure: network ${done} of ${total}`),
    });
    ignore.warnUnused(flags, io);
    const about = {
      file: fileReport(path, model),
      ...(data && flags.eval !== undefined ? { data: flags.eval, samples: data.count } : {}),
      metric: judge.metric,
      better: judge.better,
      scorer: spec,
    } as const;
    report = { format: "prune-sensitivity/1", ...about, ...curves };
    if (flags.report !== undefined) await write(flags.report, report);
  } finally {
    progress.clear();
  }
  if (flags.json) io.stdout.write(`${JSON.stringify(report)}\n`);
  else if (!flags.quiet) (await import("./print-sensitivity.ts")).printSensitivity(report, io);
}

async function write(path: string, report: SensitivityReport): Promise<void> {
  const staged = await stageFiles([{ path, data: `${JSON.stringify(report, undefined, 2)}\n` }]);
  try {
    staged.commit();
  } finally {
    staged.discard();
  }
}
