import { crossEntropy, distillation, type Loss, weighted } from "@prune/autodiff";
import type { RecoveryStep } from "@prune/core";
import { errorBadOption } from "./errors.ts";
import { logitsOf } from "./logits.ts";
import { checkRetraining, retrain, type RetrainOptions } from "./retrain.ts";

export interface FinetuneOptions extends RetrainOptions {
  /** Share of the target that is spread evenly over all classes, in [0, 1). Default 0. */
  readonly labelSmoothing?: number;
  /** Share of the loss that the original's answers have, in [0, 1); the labels have the rest. Default 0.9. */
  readonly teacher?: number;
  /** Softens the answers of both networks, for the teacher's share. Default 2. */
  readonly temperature?: number;
  /** What is minimised instead of all that; labels are needed if it reads some. */
  readonly loss?: Loss | undefined;
}

/**
 * Trains the pruned network on labels and on what the original answers: cross-entropy and distillation of its first
 * output (of what goes into it, where that is a softmax); or on a loss of your own. Needs data with labels, unless that
 * reads none.
 * Source: Hinton, Vinyals and Dean 2015, arXiv:1503.02531, sec. 2: both, with much the lower weight on the labels.
 * @throws {PruneError} `bad-option`
 */
export function finetune(options: FinetuneOptions = {}): RecoveryStep {
  const { labelSmoothing = 0, teacher = 0.9, temperature = 2, loss: own, ...training } = options;
  checkRetraining(training);
  if (own)
    for (const name of ["labelSmoothing", "teacher", "temperature"] as const)
      if (options[name] !== undefined) throw errorBadOption(name, "left out: it is of the loss that your own takes the place of", options[name]); // prettier-ignore
  for (const [name, value] of Object.entries({ labelSmoothing, teacher }))
    if (!(value >= 0 && value < 1)) throw errorBadOption(name, "at least 0 and below 1", value);
  if (!(temperature > 0 && temperature < Infinity))
    throw errorBadOption("temperature", "a number above 0", temperature);
  const lossOf = (output: string): Loss => {
    const labels = crossEntropy({ labelSmoothing, output });
    return teacher > 0 ? weighted([1 - teacher, labels], [teacher, distillation({ temperature, output })]) : labels;
  };
  return {
    name: "finetune",
    needsLabels: !own || own.labels !== undefined,
    wants: "training",
    recover: (context) => retrain("finetune", context, own ?? lossOf(logitsOf(context.pruned).value), training),
  };
}
