import { crossEntropy } from "@prune/autodiff";
import type { RecoveryStep } from "@prune/core";
import { errorBadOption } from "./errors.ts";
import { logitsOf } from "./logits.ts";
import { checkRetraining, retrain, type RetrainOptions } from "./retrain.ts";

export interface FinetuneOptions extends RetrainOptions {
  /** Share of the target that is spread evenly over all classes, in [0, 1). Default 0. */
  readonly labelSmoothing?: number;
}

/**
 * Trains the pruned network on labels: cross-entropy of its first output (of what goes into it, where that is a
 * softmax). Needs data with labels.
 * @throws {PruneError} `bad-option`
 */
export function finetune({ labelSmoothing = 0, ...options }: FinetuneOptions = {}): RecoveryStep {
  checkRetraining(options);
  if (!(labelSmoothing >= 0 && labelSmoothing < 1))
    throw errorBadOption("labelSmoothing", "at least 0 and below 1", labelSmoothing);
  return {
    name: "finetune",
    needsLabels: true,
    wants: "training",
    recover: (context) => {
      const loss = crossEntropy({ labelSmoothing, output: logitsOf(context.pruned).value });
      return retrain("finetune", context, loss, options);
    },
  };
}
