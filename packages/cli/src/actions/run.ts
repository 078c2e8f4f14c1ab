import { type Model, prune, type PruneResult, type Scorer, type TargetOption } from "@prune/core";
import { builtIns } from "../built-ins.ts";
import type { RunFlags } from "../commands/run.ts";
import { errorNeeds, errorNoTarget } from "../errors.ts";
import type { Io } from "../io.ts";
import type { DataSet } from "../lib/data-set.ts";
import { type Progress, progressOn } from "../lib/progress.ts";
import { loadPlugin } from "../plugins.ts";
import type { PrunerOptions, Registry } from "../registry.ts";
import { checkDataFlags, dataFor, evaluate } from "./evaluate.ts";
import { type Extras, fullReport, type FullReport, type RunSettings } from "./full-report.ts";
import { ignoreGlobs } from "./ignore.ts";
import { openModel } from "./open-model.ts";
import { checkOutputs, checkReportFormat } from "./paths.ts";
import { writeResult } from "./write-result.ts";

/** Prunes a model file into another. */
export async function run(path: string, flags: RunFlags, io: Io): Promise<void> {
  const target = targetOf(flags);
  checkReportFormat(flags.report);
  checkDataFlags(flags);
  const registry = await registryFor(flags);
  const scorer = await scorerOf(registry, flags.scorer ?? "l2");
  const pruner = await registry.pruner(flags.type ?? "neuron", prunerOptions(flags));
  await checkOutputs({ MODEL: path }, { "--output": flags.output, "--plan": flags.plan, "--report": flags.report });
  const progress = progressOn(io, flags.quiet);
  let report: FullReport;
  try {
    progress.show("read");
    const model = await openModel(path, flags, io);
    const data = await dataFor(model, flags);
    const ignore = ignoreGlobs(flags.ignore);
    const result = await prune(model, {
      pruner,
      scorer,
      target,
      operators: registry.operators,
      ignore: ignore.matches,
      dims: flags.dim ?? {},
      seed: flags.seed ?? 0,
      width: flags.width === true,
      allowNoop: flags.allowNoop === true,
      verify: flags.verify,
      ...(flags.heads ? { heads: flags.heads } : {}),
      onStage: progress.show,
    });
    ignore.warnUnused(flags, io);
    report = fullReport([path, flags.output], model, result, {
      settings: settingsOf(flags, target),
      ...(await measurements(model, result, flags, data, progress)),
    });
    progress.show("write");
    await writeResult(result, report, flags);
  } finally {
    progress.clear();
  }
  if (flags.json) io.stdout.write(`${JSON.stringify(report)}\n`);
  else if (!flags.quiet) (await import("./print-report.ts")).printReport(report, io);
}

/** What is measured once there is a result: nothing, unless a flag asks for it. */
async function measurements(
  model: Model,
  result: PruneResult,
  flags: RunFlags,
  data: DataSet | undefined,
  progress: Progress,
): Promise<Extras> {
  const extras: { -readonly [K in keyof Extras]: Extras[K] } = {};
  if (flags.eval !== undefined && data) {
    extras.evaluation = await evaluate(model, result.model, data, flags.eval, flags.threads, progress);
  }
  if (!flags.measure && !flags.ep) return extras;
  const { measure, tryProviders } = await import("./measure.ts");
  progress.show("measure");
  if (flags.measure) extras.latency = await measure([model, result.model], flags);
  const provider = extras.latency?.provider ?? (await tryProviders(result.model, flags));
  return provider === undefined ? extras : { ...extras, provider };
}

function targetOf({ target, sparsity }: RunFlags): TargetOption {
  if (target) return { [target.name]: target.ratio };
  if (sparsity === undefined) throw errorNoTarget();
  return { sparsity };
}

async function registryFor({ plugin = [] }: RunFlags): Promise<Registry> {
  const registry = builtIns();
  for (const name of plugin) await loadPlugin(registry, name);
  return registry;
}

async function scorerOf(registry: Registry, spec: string): Promise<Scorer> {
  const scorer = await registry.scorer(spec);
  if (scorer.needs.length) throw errorNeeds(scorer.name, scorer.needs);
  return scorer;
}

function prunerOptions({ allocation, roundTo, minChannels, maxSparsity }: RunFlags): PrunerOptions {
  return {
    ...(allocation ? { allocation } : {}),
    ...(roundTo === undefined ? {} : { roundTo }),
    ...(minChannels === undefined ? {} : { minChannels }),
    ...(maxSparsity === undefined ? {} : { maxSparsity }),
  };
}

function settingsOf(flags: RunFlags, target: TargetOption): RunSettings {
  const { type = "neuron", scorer = "l2", allocation = "uniform", seed = 0 } = flags;
  return { type, scorer, target: { ...target }, allocation, seed };
}
