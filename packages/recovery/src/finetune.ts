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
}

/**
 * Trains the pruned network on labels and on what the original answers: cross-entropy and distillation of its first
 * output (of what goes into it, where that is a softmax). Needs data with labels.
 * Source: Hinton, Vinyals and Dean 2015, arXiv:1503.02531, sec. 2: both, with much the lower weight on the labels.
 * @throws {PruneError} `bad-option`
 */
export function finetune(options: FinetuneOptions = {}): RecoveryStep {
  const { labelSmoothing = 0, teacher = 0.9, temperature = 2, ...training } = options;
  checkRetraining(training);
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
    needsLabels: true,
    wants: "training",
    recover: (context) => retrain("finetune", context, lossOf(logitsOf(context.pruned).value), training),
  };
}
