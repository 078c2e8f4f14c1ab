import type { Loss, Model, PruneOptions, PruneResult, RecoveryStep, TargetOption } from "@prune/core";
import type { RunFlags } from "../commands/run.ts";
import {
  errorAllocation,
  errorDropOfLower,
  errorFlagOfTraining,
  errorFlagOfType,
  errorNeedsCalib,
  errorNoTarget,
  errorUnusedLoss,
} from "../errors.ts";
import type { Io } from "../io.ts";
import type { DataSet } from "../lib/data-of-arrays.ts";
import { flagOf } from "../lib/format.ts";
import { type Progress, progressOn } from "../lib/progress.ts";
import { tokenListPath } from "../lib/token-list.ts";
import { type PrunerOptions, type Registry, TYPE_FLAGS, type TypeFlag } from "../registry.ts";
import { environmentOf } from "./environment.ts";
import { checkDataFlags, dataFor, evaluate, samplesFor } from "./evaluate.ts";
import { evidenceFor } from "./evidence-for.ts";
import { type Extras, fileOptions, fullReport, type FullReport, type RunSettings } from "./full-report.ts";
import { ignoreGlobs } from "./ignore.ts";
import { type Judge, judgeFor, metricFor } from "./judge.ts";
import { withLayerTimes } from "./layer-times.ts";
import { openModel } from "./open-model.ts";
import { checkOutputFormat, inFormatOf } from "./output-format.ts";
import { checkOutputs, checkReportFormat } from "./paths.ts";
import { pruneAsAsked, searchedBudget } from "./prune-as-asked.ts";
import { REGULARIZE_OPTIONS, regularizerFor, trainedFirst } from "./regularize.ts";
import { registryFor } from "./registry-for.ts";
import { stepsFor } from "./schedule.ts";
import { writeResult } from "./write-result.ts";

/** Prunes a model file into another. */
export async function run(path: string, flags: RunFlags, io: Io): Promise<void> {
  const report = await pruneFile(path, flags, io, progressOn(io, flags.quiet));
  if (flags.json) io.stdout.write(`${JSON.stringify(report)}\n`);
  else if (!flags.quiet) (await import("./print-report.ts")).printReport(report, io);
}

/**
 * Prunes a model file, and writes what the flags say.
 * @param keep whether the model is written; else `output` is only what the report calls it. Default true.
 */
export async function pruneFile(
  path: string,
  flags: RunFlags,
  io: Io,
  progress: Progress,
  keep = true,
): Promise<FullReport> {
  checkReportFormat(flags.report);
  checkOutputFormat(path, flags.output);
  checkDataFlags(flags);
  const registry = await registryFor(flags);
  const takes = checkType(registry, flags);
  const budget = searchedBudget(flags, takes);
  const target = takes.includes("target") && !budget ? await targetOf(flags) : undefined;
  const scorer = takes.includes("scorer") ? await registry.scorer(scorerOf(flags)) : undefined;
  const loss = flags.loss === undefined ? undefined : await registry.loss(flags.loss);
  const evidence = await evidenceFor(registry, scorer, flags, loss);
  const recover = await recoveryOf(registry, flags, loss);
  if (loss && !registry.takesLoss(recover.map((step) => step.name), scorer?.needs ?? [])) throw errorUnusedLoss(loss.name); // prettier-ignore
  const metric = await metricFor(registry, flags);
  if (flags.maxDrop !== undefined && metric?.better === "lower") throw errorDropOfLower(metric.name);
  const trains = recover.some((step) => step.wants === "training");
  if (flags.checkpoint !== undefined && !trains) throw errorFlagOfTraining("--checkpoint");
  const steps = stepsFor(flags, recover);
  const regularizer = await regularizerFor(path, flags);
  if (flags.calib === undefined && flags.allocation === "sensitivity")
    throw errorNeedsCalib("--allocation sensitivity", ["samples"]);
  if (flags.calib === undefined && flags.rank === "influence") throw errorNeedsCalib("--rank influence", ["samples"]);
  const pruner = await registry.pruner(flags.type ?? "neuron", prunerOptions(flags));
  const { output, plan, journal, checkpoint } = flags;
  const tokens = keep && takes.includes("keepTokens") ? tokenListPath(output) : undefined;
  const outputs = {
    "--output": keep ? output : undefined,
    "--plan": plan,
    "--report": flags.report,
    "the list of tokens": tokens,
  };
  await checkOutputs(
    { MODEL: path, "--rewind": flags.rewind, "--keep-tokens": flags.keepTokens },
    { ...outputs, "--journal": journal, "--checkpoint": checkpoint, "--save-trained": flags.saveTrained },
  );
  try {
    progress.show("read");
    const model = await openModel(path, flags, io);
    const data = await dataFor(model, registry, flags);
    const { calibration, training } =
      (await samplesFor(model, registry, flags, trains || regularizer !== undefined)) ?? {};
    const ignore = ignoreGlobs(flags.ignore);
    const options: PruneOptions = {
      pruner,
      ...(scorer ? { scorer } : {}),
      ...(target ? { target } : {}),
      recover,
      calibration,
      training,
      evidence,
      ...(flags.aggregate ? { aggregate: flags.aggregate } : {}),
      ...(flags.normalize ? { normalize: flags.normalize } : {}),
      operators: registry.operators,
      ignore: ignore.matches,
      dims: flags.dim ?? {},
      seed: flags.seed ?? 0,
      width: flags.width === true,
      allowNoop: flags.allowNoop === true,
      verify: flags.verify,
      ...(flags.heads ? { heads: flags.heads } : {}),
    };
    const judge = judgeFor(model, { data, threads: flags.threads, metric, onProgress: progress.show });
    const gradual = await steps?.open(io);
    const trained =
      regularizer && (await trainedFirst(model, training!, regularizer, options, { flags, io, progress }));
    const subject = trained?.model ?? model;
    const pruned = await pruneAsAsked(subject, options, { flags, io, progress, gradual, budget, trains, judge });
    ignore.warnUnused(flags, io);
    const measured = await measurements(model, pruned, flags, { judge, data }, progress);
    const result = { ...pruned, model: await inFormatOf(path, flags.output, pruned.model, flags.dim) };
    const settings = settingsOf(flags, takes, recover, target);
    const environment = await environmentOf(model, io);
    progress.show("report");
    const found = await fullReport([path, flags.output], model, result, fileOptions(flags), {
      settings,
      ...measured,
      ...(trained ? { regularization: trained.regularization } : {}),
      environment,
    });
    const report = await withLayerTimes(found, [model, pruned.model], flags, registry.operators, progress);
    progress.show("write");
    if (keep) await writeResult(result, report, flags);
    return report;
  } finally {
    progress.clear();
  }
}

/** What is measured once there is a result: nothing, unless a flag asks for it. */
async function measurements(
  model: Model,
  result: PruneResult,
  flags: RunFlags,
  { judge, data }: { readonly judge: Judge | undefined; readonly data: DataSet | undefined },
  progress: Progress,
): Promise<Extras> {
  const extras: { -readonly [K in keyof Extras]: Extras[K] } = {};
  if (judge) extras.evaluation = await evaluate(judge, result.model, data, flags.eval);
  if (!flags.measure && !flags.ep) return extras;
  const { measure, tryProviders } = await import("./measure.ts");
  progress.show("measure");
  if (flags.measure) extras.latency = await measure([model, result.model], flags);
  const provider = extras.latency?.provider ?? (await tryProviders(result.model, flags));
  return provider === undefined ? extras : { ...extras, provider };
}

async function targetOf({ target, sparsity, pattern }: RunFlags): Promise<TargetOption> {
  if (target) return { [target.name]: target.ratio };
  if (sparsity !== undefined) return { sparsity };
  if (pattern === undefined) throw errorNoTarget();
  const { parsePattern, sparsityOf } = await import("@prune/pruner-connection");
  const own = sparsityOf(parsePattern(pattern));
  if (own === undefined) throw errorNoTarget();
  return { sparsity: own };
}

/** The steps that `--recover` names, or those that are worth it when there is data. */
async function recoveryOf(registry: Registry, flags: RunFlags, loss: Loss | undefined): Promise<RecoveryStep[]> {
  const { recover, calib, epochs, lr } = flags;
  const specs = recover === undefined ? defaultRecovery(registry, flags) : splitSteps(recover);
  const shared = { ...(epochs === undefined ? {} : { epochs }), ...(lr === undefined ? {} : { lr }) };
  const others = flags.regularize === undefined ? [] : REGULARIZE_OPTIONS;
  const taken = new Set([...others, ...specs.flatMap((spec) => registry.recoveryOptions(spec))]);
  const stray = Object.keys(shared).find((key) => !taken.has(key));
  if (stray !== undefined) throw errorFlagOfTraining(`--${stray}`);
  const steps = await Promise.all(specs.map((spec) => registry.recovery(spec, shared, { loss })));
  if (steps.length && calib === undefined) throw errorNeedsCalib(`--recover ${recover}`, ["samples"]);
  return steps;
}

/** What is worth it when there is data; nothing after a cut that loses nothing. */
function defaultRecovery(registry: Registry, { type = "neuron", calib }: RunFlags): readonly string[] {
  return calib === undefined || !registry.takes(type).includes("target") ? [] : ["bn", "reconstruct"];
}

/** Steps have commas between them, and so have a step's options: `NAME:k=v,k=v,NAME`. */
function splitSteps(text: string): string[] {
  if (text === "none") return [];
  const steps: string[] = [];
  for (const part of text.split(",").map((p) => p.trim())) {
    if (part.includes("=") && !part.includes(":") && steps.length) steps.push(`${steps.pop()!},${part}`);
    else steps.push(part);
  }
  return steps;
}

/** Refuses flags that the type of pruning would pass over. @returns the flags of its kind that it goes by */
function checkType(registry: Registry, flags: RunFlags): readonly TypeFlag[] {
  const type = flags.type ?? "neuron";
  const takes = registry.takes(type);
  const stray = TYPE_FLAGS.find((flag) => flags[flag] !== undefined && !takes.includes(flag));
  if (stray) throw errorFlagOfType(flagOf(stray), type, takes.map(flagOf));
  const known = registry.allocations(type);
  if (flags.allocation && !known.includes(flags.allocation)) throw errorAllocation(type, flags.allocation, known);
  if (!takes.includes("scorer") && flags.calib !== undefined && flags.recover === undefined)
    throw errorFlagOfType("--calib without --recover", type, takes.map(flagOf));
  return takes;
}

/** What judges best with the data at hand, unless the caller says what is to judge; for layers the classic `Σ |w| · |y|`. */
function scorerOf({ scorer, type, calib, schedule }: RunFlags): string {
  if (scorer !== undefined) return scorer;
  // Weights that are rewound do not keep what obs makes up for.
  if (type === "connection") return calib === undefined || schedule === "lottery" ? "absolute" : "obs";
  return type === "layer" ? (calib === undefined ? "l1" : "contribution") : "l2";
}

function prunerOptions(flags: RunFlags): PrunerOptions {
  const names = [
    "allocation",
    "roundTo",
    "minChannels",
    "maxSparsity",
    "epsilon",
    "percentile",
    "rank",
    "blocks",
    "pattern",
    "over",
    "keepTokens",
  ] as const;
  return Object.fromEntries(names.flatMap((name) => (flags[name] === undefined ? [] : [[name, flags[name]]])));
}

function settingsOf(
  flags: RunFlags,
  takes: readonly TypeFlag[],
  recovery: readonly RecoveryStep[],
  target: TargetOption = {},
): RunSettings {
  const { type = "neuron", allocation = "uniform", seed = 0, calib } = flags;
  const { recover = recovery.length ? recovery.map((step) => step.name).join() : undefined } = flags;
  const {
    aggregate,
    normalize,
    epsilon,
    percentile,
    rank,
    blocks,
    pattern,
    over,
    schedule,
    steps,
    rewind,
    epochs,
    lr,
    maxDrop,
    loss,
  } = flags;
  const ways = { maxDrop, aggregate, normalize, epsilon, percentile, rank, blocks, pattern, over, schedule, steps, rewind }; // prettier-ignore
  const { regularize, saveTrained, keepTokens } = flags;
  const optional = Object.entries({ ...ways, keepTokens, regularize, saveTrained, recover, loss, epochs, lr, calib });
  return {
    type,
    ...(takes.includes("scorer") ? { scorer: scorerOf(flags) } : {}),
    target: { ...target },
    ...(takes.includes("allocation") ? { allocation } : {}),
    seed,
    ...Object.fromEntries(optional.filter(([, value]) => value !== undefined)),
  };
}
