import { adamW, crossEntropy, groupLasso, type Loss, type Optimizer, scaleL1, train, weighted } from "@prune/autodiff";
import { type Analysis, analyzeModel, type DataSource, hasFixedBatch, type Model } from "@prune/core"; // prettier-ignore
import { answerLoss } from "./distill.ts";
import { errorBadOption } from "./errors.ts";
import { logitsOf } from "./logits.ts";
import { checkRetraining } from "./retrain.ts";

/** What small weights are worth: a penalty on the network that an analysis is of. */
export type Regularizer = (analysis: Analysis) => Loss;

/** Those that have names. */
export const REGULARIZERS: Readonly<Record<"group-lasso" | "bn-scale", Regularizer>> = {
  "group-lasso": groupLasso,
  "bn-scale": scaleL1,
};

export interface SparsifyOptions {
  /** `group-lasso`: the norms of units' weights. `bn-scale`: the scales of normalisation. Or one of your own. */
  readonly regularizer: keyof typeof REGULARIZERS | Regularizer;
  /** What the penalty is multiplied by. Default 1e-4. */
  readonly strength?: number;
  /**
   * What the penalty is added to. Default: cross-entropy of the first output where the data has labels; else
   * what `distill` learns, the network's own answers.
   */
  readonly loss?: Loss;
  /** Passes over the data. Default 2. */
  readonly epochs?: number;
  /** Samples per step. Default 64; a model of fixed batch size is trained at that. */
  readonly batchSize?: number;
  /** Learning rate before the schedule's factor. Default 1e-3. */
  readonly lr?: number;
  /** Default `adamW`, without weight decay. */
  readonly optimizer?: (options: { readonly learningRate: number; readonly weightDecay: number }) => Optimizer;
}

/** What else the training goes by. */
export interface SparsifyContext {
  /** Which groups there are to be cut, as it is said to `prune`. */
  readonly analysis?: Parameters<typeof analyzeModel>[1];
  readonly seed?: number;
  readonly signal?: { readonly aborted: boolean };
  readonly onProgress?: (text: string, fraction: number) => void;
}

/** How the training went. JSON. */
export interface SparsifyNotes {
  readonly samples: number;
  readonly strength: number;
  /** What was minimised, penalty included: the mean over each epoch. */
  readonly losses: readonly number[];
  /** What the loss stands for, such as accuracy, as a fraction: the mean over each epoch. */
  readonly metric?: { readonly name: string; readonly values: readonly number[] };
}

/**
 * Trains a network before it is pruned, with a penalty that makes its units unequal: those that matter little become
 * small, and cutting them costs less. The result is a network of the same shapes with other weights, and it is what is to
 * be pruned: a plan speaks of the trained network, so save that where the plan is to be replayed.
 * @throws {PruneError} `bad-option`, `bad-data`, `unsupported` (an operator without a gradient), `runtime-failed`
 */
export async function sparsify(
  model: Model,
  data: DataSource,
  options: SparsifyOptions,
  context: SparsifyContext = {},
): Promise<{ readonly model: Model; readonly notes: SparsifyNotes }> {
  const { regularizer, strength = 1e-4, epochs = 2, batchSize = 64, lr = 1e-3, optimizer = adamW } = options;
  checkRetraining({ epochs, batchSize, lr });
  if (!(strength > 0 && strength < Infinity)) throw errorBadOption("strength", "a number above 0", strength);
  const { operators = [] } = model;
  const analysis = await analyzeModel(model, { ...context.analysis, bodies: false });
  const make: Regularizer = typeof regularizer === "function" ? regularizer : REGULARIZERS[regularizer];
  const main = options.loss ?? defaultLoss(model, analysis, data);
  const { graph, history } = await train(model, {
    data,
    loss: weighted([1, main], [strength, make(analysis)]),
    teacher: model,
    epochs,
    batchSize: hasFixedBatch(model.graph) ? data.batchSize : batchSize,
    optimizer: optimizer({ learningRate: lr, weightDecay: 0 }),
    operators: [...operators, ...(context.analysis?.operators ?? [])],
    seed: context.seed,
    signal: context.signal,
    onProgress: ({ epoch, loss, step, steps, secondsLeft }) =>
      context.onProgress?.(`epoch ${epoch} of ${epochs}, loss ${loss.toPrecision(3)}, ${Math.ceil(secondsLeft)} s left`, step / steps), // prettier-ignore
  });
  const metric = main.metric && { name: main.metric.name, values: history.map((epoch) => epoch.metric!) };
  const losses = history.map(({ loss }) => loss);
  const notes = { samples: data.count, strength, losses, ...(metric ? { metric } : {}) };
  return { model: model.withGraph(graph), notes };
}

const defaultLoss = ({ graph }: Model, analysis: Analysis, { labels }: DataSource): Loss =>
  labels ? crossEntropy({ output: logitsOf(graph).value }) : answerLoss({ analysis, pruned: graph });
