import { firstOf, sensitivity } from "@prune/core";
import type { SensitivityReport } from "@prune/report";
import type { SensitivityFlags } from "../commands/sensitivity.ts";
import { errorNeedsCalib, errorNoEval } from "../errors.ts";
import type { Io } from "../io.ts";
import { openJournal } from "../lib/journal.ts";
import { progressOn } from "../lib/progress.ts";
import { reportText } from "../lib/report-text.ts";
import { writeText } from "../lib/stage-files.ts";
import { environmentOf } from "./environment.ts";
import { checkDataFlags, dataFor, samplesFor } from "./evaluate.ts";
import { fileOptions, fileReport } from "./full-report.ts";
import { identityOf } from "./identity.ts";
import { ignoreGlobs } from "./ignore.ts";
import { judgeOn } from "./judge.ts";
import { openModel } from "./open-model.ts";
import { checkOutputs, checkReportFormat } from "./paths.ts";
import { registryFor } from "./registry-for.ts";

export type { SensitivityReport } from "@prune/report";

/** Measures a model file against sparsity, group by group. */
export async function measureSensitivity(path: string, flags: SensitivityFlags, io: Io): Promise<void> {
  if (flags.eval === undefined) throw errorNoEval();
  checkDataFlags(flags);
  checkReportFormat(flags.report);
  await checkOutputs({ MODEL: path }, { "--report": flags.report, "--journal": flags.journal });
  const registry = await registryFor(flags);
  const spec = flags.scorer ?? "l2";
  const scorer = await registry.scorer(spec);
  if (flags.calib === undefined && scorer.needs.length) throw errorNeedsCalib(`Scorer "${scorer.name}"`, scorer.needs);
  const progress = progressOn(io, flags.quiet);
  let report: SensitivityReport;
  try {
    progress.show("read");
    const model = await openModel(path, flags, io);
    const all = (await dataFor(model, flags))!;
    const data = firstOf(all, flags.samples ?? all.count);
    const { metric, worth } = judgeOn(model, data, flags.threads);
    const journal = flags.journal && (await openJournal(flags.journal, await identityOf("sensitivity", model, flags)));
    const ignore = ignoreGlobs(flags.ignore);
    const curves = await sensitivity(model, {
      scorer,
      evaluate: worth,
      ...(journal ? { journal } : {}),
      calibration: (await samplesFor(model, flags))?.calibration,
      evidence: await registry.evidence(scorer.needs),
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
      data: flags.eval,
      samples: data.count,
      metric,
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
