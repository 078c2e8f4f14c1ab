import { firstOf, sensitivity } from "@prune/core";
import type { SensitivityReport } from "@prune/report";
import type { SensitivityFlags } from "../commands/sensitivity.ts";
import { errorNeedsEval, errorNoEval } from "../errors.ts";
import type { Io } from "../io.ts";
import { openJournal } from "../lib/journal.ts";
import { progressOn } from "../lib/progress.ts";
import { reportText } from "../lib/report-text.ts";
import { writeText } from "../lib/stage-files.ts";
import { environmentOf } from "./environment.ts";
import { checkDataFlags, dataFor, samplesFor } from "./evaluate.ts";
import { evidenceFor } from "./evidence-for.ts";
import { fileOptions, fileReport } from "./full-report.ts";
import { identityOf } from "./identity.ts";
import { ignoreGlobs } from "./ignore.ts";
import { judgeFor, metricFor } from "./judge.ts";
import { openModel } from "./open-model.ts";
import { checkOutputs, checkReportFormat } from "./paths.ts";
import { registryFor } from "./registry-for.ts";

export type { SensitivityReport } from "@prune/report";

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
    const judge = judgeFor(model, { data, threads: flags.threads, metric })!; // there is data, or a metric that needs none
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
      file: await fileReport(path, model, fileOptions(flags)),
      ...(data && flags.eval !== undefined ? { data: flags.eval, samples: data.count } : {}),
      metric: judge.metric,
      better: judge.better,
      scorer: spec,
      environment: await environmentOf(model, io),
    } as const;
    report = { format: "prune-sensitivity/1", ...about, ...curves };
    if (flags.report !== undefined) await writeText(flags.report, await reportText(flags.report, report));
  } finally {
    progress.clear();
  }
  if (flags.json) io.stdout.write(`${JSON.stringify(report)}\n`);
  else if (!flags.quiet) (await import("./print-sensitivity.ts")).printSensitivity(report, io);
}
