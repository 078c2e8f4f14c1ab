import { crossEntropy, type Loss } from "@prune/autodiff";
import type { RecoveryStep } from "@prune/core";
import { errorBadOption } from "./errors.ts";
import { logitsOf } from "./logits.ts";
import { checkRetraining, retrain, type RetrainOptions } from "./retrain.ts";

export interface FinetuneOptions extends RetrainOptions {
  /** Share of the target that is spread evenly over all classes, in [0, 1). Default 0. */
  readonly labelSmoothing?: number;
  /** What is minimised instead of the cross-entropy; labels are needed if it reads some. */
  readonly loss?: Loss;
}

/**
 * Trains the pruned network on labels: cross-entropy of its first output (of what goes into it, where that is a
 * softmax), or a loss of your own. Needs data with labels, unless that reads none.
 * @throws {PruneError} `bad-option`
 */
export function finetune({ labelSmoothing = 0, loss: own, ...options }: FinetuneOptions = {}): RecoveryStep {
  checkRetraining(options);
  if (own && labelSmoothing) throw errorBadOption("labelSmoothing", "left out: it is of the cross-entropy, which loss takes the place of", labelSmoothing); // prettier-ignore
  if (!(labelSmoothing >= 0 && labelSmoothing < 1))
    throw errorBadOption("labelSmoothing", "at least 0 and below 1", labelSmoothing);
  return {
    name: "finetune",
    needsLabels: !own || own.labels !== undefined,
    wants: "training",
    recover: (context) => {
      const loss = own ?? crossEntropy({ labelSmoothing, output: logitsOf(context.pruned).value });
      return retrain("finetune", context, loss, options);
    },
  };
}
