import type { DataSource, Model, OptionSchemas, PruneOptions } from "@prune/core";
import type { SparsifyOptions } from "@prune/recovery";
import type { Regularization } from "@prune/report";
import { checkOptions } from "../check-options.ts";
import type { RunFlags } from "../commands/run.ts";
import {
  errorNeedsCalib,
  errorPlanOfTrained,
  errorRegularizeAgain,
  errorSaveTrained,
  errorUnknownName,
} from "../errors.ts";
import type { Io } from "../io.ts";
import type { Progress } from "../lib/progress.ts";
import { parseSpec } from "../registry.ts";
import { openModel } from "./open-model.ts";
import { checkOutputFormat } from "./output-format.ts";

const OPTIONS: OptionSchemas = {
  strength: { type: "number", exclusiveMinimum: 0 },
  epochs: { type: "integer", minimum: 1 },
  lr: { type: "number", exclusiveMinimum: 0 },
  batchSize: { type: "integer", minimum: 1 },
};

/** The options of --epochs and --lr that training before the cut takes. */
export const REGULARIZE_OPTIONS: readonly string[] = Object.keys(OPTIONS);

/** The training before the cut that the flags ask for; undefined: none. */
export async function regularizerFor(path: string, flags: RunFlags): Promise<SparsifyOptions | undefined> {
  const { regularize, saveTrained, calib, plan, epochs, lr } = flags;
  if (regularize === undefined) {
    if (saveTrained !== undefined) throw errorSaveTrained();
    return undefined;
  }
  const { REGULARIZERS } = await import("@prune/recovery");
  const [name, given] = parseSpec(regularize);
  if (!Object.hasOwn(REGULARIZERS, name)) throw errorUnknownName("regulariser", name, Object.keys(REGULARIZERS));
  const options = await checkOptions(name, given, OPTIONS);
  if (calib === undefined) throw errorNeedsCalib("--regularize", ["samples"]);
  if (plan !== undefined && saveTrained === undefined) throw errorPlanOfTrained();
  if (flags.journal !== undefined || flags.checkpoint !== undefined) throw errorRegularizeAgain();
  if (saveTrained !== undefined) checkOutputFormat(path, saveTrained);
  const shared = { ...(epochs === undefined ? {} : { epochs }), ...(lr === undefined ? {} : { lr }) };
  return { regularizer: name as keyof typeof REGULARIZERS, ...shared, ...options };
}

/**
 * Trains a model before it is pruned. With --save-trained it is written, and what is pruned is that file, so that a plan
 * names it.
 */
export async function trainedFirst(
  model: Model,
  data: DataSource,
  options: SparsifyOptions,
  analysis: PruneOptions,
  { flags, io, progress }: { readonly flags: RunFlags; readonly io: Io; readonly progress: Progress },
): Promise<{ readonly model: Model; readonly regularization: Regularization }> {
  const { sparsify } = await import("@prune/recovery");
  const name = String(options.regularizer);
  progress.show(name);
  const { model: trained, notes } = await sparsify(model, data, options, {
    analysis,
    seed: flags.seed ?? 0,
    onProgress: (text, fraction) => progress.show(`${name}: ${text} (${Math.round(fraction * 100)} %)`),
  });
  const regularization = { name, ...notes };
  if (flags.saveTrained === undefined) return { model: trained, regularization };
  await trained.save(flags.saveTrained);
  return { model: await openModel(flags.saveTrained, flags, io), regularization };
}
