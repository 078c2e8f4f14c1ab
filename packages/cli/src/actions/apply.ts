import { replay } from "@prune/core";
import type { ApplyFlags } from "../commands/apply.ts";
import type { Io } from "../io.ts";
import { progressOn } from "../lib/progress.ts";
import { environmentOf } from "./environment.ts";
import { fileOptions, fullReport, type FullReport } from "./full-report.ts";
import { openModel } from "./open-model.ts";
import { checkOutputFormat, inFormatOf } from "./output-format.ts";
import { checkOutputs, checkReportFormat } from "./paths.ts";
import { printReport } from "./print-report.ts";
import { readPlan } from "./read-plan.ts";
import { registryFor } from "./registry-for.ts";
import { writeResult } from "./write-result.ts";

/** Replays a plan on the model file that it was made for, or on one that shares its weights. */
export async function apply(path: string, planPath: string, flags: ApplyFlags, io: Io): Promise<void> {
  checkReportFormat(flags.report);
  checkOutputFormat(path, flags.output);
  await checkOutputs(
    { MODEL: path, PLAN: planPath, "--made-for": flags.madeFor },
    { "--output": flags.output, "--report": flags.report },
  );
  const operators = (await registryFor(flags)).operators;
  const plan = await readPlan(planPath);
  const progress = progressOn(io, flags.quiet);
  let report: FullReport;
  try {
    progress.show("read");
    const model = await openModel(path, flags, io);
    const replayed = await replay(model, plan, {
      force: flags.force === true,
      madeFor: flags.madeFor === undefined ? undefined : await openModel(flags.madeFor, flags, io),
      operators,
      dims: flags.dim ?? {},
      verify: flags.verify,
      onStage: progress.show,
    });
    const result = { ...replayed, model: await inFormatOf(path, flags.output, replayed.model, flags.dim) };
    const environment = await environmentOf(model, io);
    report = await fullReport([path, flags.output], model, result, fileOptions(flags), { environment });
    progress.show("write");
    await writeResult(
      result,
      report,
      flags.report === undefined ? { output: flags.output } : { output: flags.output, report: flags.report },
    );
  } finally {
    progress.clear();
  }
  if (flags.json) io.stdout.write(`${JSON.stringify(report)}\n`);
  else if (!flags.quiet) printReport(report, io);
}
