import { distillation, featureDistillation, type FeaturePair, type Loss, weighted } from "@prune/autodiff";
import { answersOf, isFloat, type RecoveryContext, type RecoveryStep } from "@prune/core";
import { errorBadOption } from "./errors.ts";
import { logitsOf } from "./logits.ts";
import { checkRetraining, retrain, type RetrainOptions } from "./retrain.ts";

export interface DistillOptions extends RetrainOptions {
  /**
   * What is learnt from the original's outputs. `kl`: the distribution over the last axis of the first output, taken
   * before a softmax that the network ends in. `mse`: all float outputs as they are, each by its squared error as a
   * fraction of its squares. Default: `kl` where the network ends in a softmax, or its only output is `[N, C]` with at
   * least two columns; otherwise `mse`. A regressor of several numbers needs `mse` said.
   */
  readonly loss?: "kl" | "mse";
  /** Softens both distributions of `kl`. Default 2. */
  readonly temperature?: number;
  /** Weight of the squared error of what layers yield, at the channels that stayed, beside that of the outputs. Default 0. */
  readonly features?: number;
}

/**
 * Trains the pruned network to answer as the original does. Needs no labels.
 * Source: Hinton, Vinyals and Dean 2015, arXiv:1503.02531, sec. 2; of features: Romero et al. 2015, arXiv:1412.6550.
 * @throws {PruneError} `bad-option`
 */
export function distill({ loss, temperature = 2, features = 0, ...options }: DistillOptions = {}): RecoveryStep {
  checkRetraining(options);
  if (!(temperature > 0 && temperature < Infinity))
    throw errorBadOption("temperature", "a number above 0", temperature);
  if (!(features >= 0 && features < Infinity)) throw errorBadOption("features", "a number from 0", features);
  return {
    name: "distill",
    wants: "training",
    recover: (context) => {
      const answers = answerLoss(context, loss, temperature);
      const pairs = features > 0 ? featurePairs(context) : [];
      const whole = pairs.length ? weighted([1, answers], [features, featureDistillation(pairs)]) : answers;
      return retrain("distill", context, whole, options);
    },
  };
}

/** What a network learns of the original's outputs. */
export function answerLoss(
  {
    analysis,
    pruned,
  }: {
    readonly analysis: Pick<RecoveryContext["analysis"], "graph" | "shapes" | "space">;
    readonly pruned: RecoveryContext["pruned"];
  },
  loss?: DistillOptions["loss"],
  temperature = 2,
): Loss {
  const { value, softmax } = logitsOf(pruned);
  const outputs = answersOf(analysis);
  const dims = analysis.shapes.canonical.get(outputs[0]!.name) ?? [];
  const classes = softmax || (outputs.length === 1 && dims.length === 2 && dims[1]! >= 2);
  if (loss === "kl" || (loss === undefined && classes)) return distillation({ temperature, output: value });
  const floats = outputs.filter(({ dtype }) => isFloat(dtype));
  return featureDistillation(floats.map(({ name }) => ({ student: name })));
}

/** What the layers that are left yield, and which of the original's channels that is; not the outputs themselves. */
function featurePairs({ analysis, cut, pruned }: RecoveryContext): FeaturePair[] {
  const outputs = new Set(pruned.outputs.map(({ name }) => name));
  const left = new Set(pruned.nodes.flatMap((node) => node.outputs).filter((name) => !outputs.has(name)));
  const values = new Set(analysis.linear.map(({ output }) => output.value).filter((name) => left.has(name)));
  return [...values].flatMap((student): FeaturePair[] => {
    const [first, ...more] = cut.axesOf(student);
    if (more.length) return [];
    return [first ? { student, keep: { axis: first[0], indices: Array.from(first[1]) } } : { student }];
  });
}
