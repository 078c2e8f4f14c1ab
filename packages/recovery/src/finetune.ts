import { crossEntropy } from "@prune/autodiff";
import type { Loss, RecoveryStep } from "@prune/core";
import { errorBadOption } from "./errors.ts";
import { logitsOf } from "./logits.ts";
import { checkRetraining, retrain, type RetrainOptions } from "./retrain.ts";

export interface FinetuneOptions extends RetrainOptions {
  /** Share of the target that is spread evenly over all classes, in [0, 1). Default 0. */
  readonly labelSmoothing?: number;
  /** What is minimised instead of the cross-entropy. */
  readonly loss?: Loss | undefined;
}

/**
 * Trains the pruned network on labels: cross-entropy of its first output (of what goes into it, where that is a
 * softmax), or a loss of your own. Needs data with labels, unless that loss does not.
 * @throws {PruneError} `bad-option`
 */
export function finetune({ labelSmoothing = 0, loss, ...options }: FinetuneOptions = {}): RecoveryStep {
  checkRetraining(options);
  if (loss && labelSmoothing)
    throw errorBadOption("labelSmoothing", `left out with the loss "${loss.name}"`, labelSmoothing);
  if (!(labelSmoothing >= 0 && labelSmoothing < 1))
    throw errorBadOption("labelSmoothing", "at least 0 and below 1", labelSmoothing);
  return {
    name: "finetune",
    needsLabels: !loss || loss.labels !== undefined,
    wants: "training",
    recover: (context) => {
      const own = loss ?? crossEntropy({ labelSmoothing, output: logitsOf(context.pruned).value });
      return retrain("finetune", context, own, options);
    },
  };
}
