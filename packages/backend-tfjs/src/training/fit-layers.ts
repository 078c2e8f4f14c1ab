import {
  type Graph,
  hasFixedBatch,
  masksAfter,
  producersOf,
  type RecoveryContext,
  type RecoveryNotes,
  type RecoveryStep,
  split,
} from "@prune/core";
import * as tf from "@tensorflow/tfjs-core";
import {
  errorDiverged,
  errorFewSamples,
  errorFitOption,
  errorFitOutput,
  errorMissingPackage,
  errorNoGradients,
  errorNotLayersModel,
} from "../errors.ts";
import type { LayersModel } from "../layers/layers-model.ts";
import { isLayersOrigin } from "../layers/read-layers-model.ts";
import { modelOf, type TfjsLayers } from "../load-artifacts.ts";
import { toTfjs } from "../to-tfjs.ts";
import { type Batches, batchesOf } from "./batches.ts";
import { FittedWeights, withValues } from "./fitted-weights.ts";
import { registerTrainingKernels } from "./wasm-kernels.ts";

/** The part of `@tensorflow/tfjs` that is used here. */
export interface TfjsTraining extends TfjsLayers {
  readonly CustomCallback: new (hooks: never) => object;
}

export interface FitOptions {
  /** `@tensorflow/tfjs`, or a function that imports it. Default: it is imported. */
  readonly tf?: TfjsTraining | (() => Promise<TfjsTraining>);
  /** Passes over the data. Default 2. */
  readonly epochs?: number;
  /** Samples per step. Default 64; a model of fixed batch size is trained at that. */
  readonly batchSize?: number;
  /** Learning rate at the start; it falls to zero along a cosine. Default 1e-3. */
  readonly lr?: number;
  /** Default `tf.train.adam`. */
  readonly optimizer?: (learningRate: number) => tf.Optimizer;
  /** Share of the samples that is held out, to choose the best weights by. Default 0.1. */
  readonly validation?: number;
  /** Callbacks as `model.fit` takes them: `tf.Callback`s, or objects with `onEpochEnd` and the like. */
  readonly callbacks?: object | readonly object[];
}

/** The part of a LayersModel that trains. */
interface Trained extends LayersModel {
  stopTraining: boolean;
  compile(settings: object): void;
  fitDataset(dataset: Batches, settings: object): Promise<unknown>;
  evaluateDataset(dataset: Batches, settings: object): Promise<tf.Scalar[]>;
  dispose(): unknown;
}

/**
 * Trains a pruned LayersModel on labels as `model.fit` of TensorFlow.js does, by its own autodiff on the backend that is
 * current there: layers that are frozen or regularised stay so, and callbacks are called. The loss is the cross-entropy
 * of the model's only output, `[N, C]`: class scores, or probabilities where it ends in a softmax. Masked weights stay
 * zero. Of the weights at the start and after every epoch those are kept that do best on samples held out.
 * @throws {PruneError} `bad-option`; when it runs also `unsupported` (a GraphModel, which TensorFlow.js cannot train),
 * `missing-dependency`, `bad-data`, `runtime-failed` (training diverged)
 */
export function fitLayers(options: FitOptions = {}): RecoveryStep {
  const { epochs, batchSize, lr, validation } = options;
  for (const [name, value] of Object.entries({ epochs, batchSize }))
    if (value !== undefined && !(Number.isInteger(value) && value >= 1))
      throw errorFitOption(name, "a whole number of at least 1", value);
  if (lr !== undefined && !(lr > 0 && lr < Infinity)) throw errorFitOption("lr", "a number above 0", lr);
  if (validation !== undefined && !(validation > 0 && validation < 1))
    throw errorFitOption("validation", "above 0 and below 1", validation);
  return { name: "fit", needsLabels: true, wants: "training", recover: (context) => fit(context, options) };
}

async function fit(context: RecoveryContext, options: FitOptions): Promise<{ graph: Graph; notes: RecoveryNotes }> {
  const { pruned, data, seed, signal, onProgress } = context;
  const { epochs = 2, lr = 1e-3, optimizer: optimizerAt = (rate) => tf.train.adam(rate), validation = 0.1 } = options;
  const { origin } = pruned;
  if (!isLayersOrigin(origin)) throw errorNotLayersModel();
  const fixed = hasFixedBatch(pruned);
  const batchSize = fixed ? data.batchSize : (options.batchSize ?? 64);
  const { training, held } = parts(data.count, validation, fixed ? batchSize : 1, seed);
  const steps = Math.floor(training.length / batchSize);
  if (steps < 1) throw errorFewSamples(batchSize + held.length, data.count);
  const module = await trainingModule(options.tf);
  const model = (await modelOf(toTfjs(pruned), module, pruned.name)) as Trained;
  const optimizer = optimizerAt(lr);
  const weights = new FittedWeights(model, origin, pruned, masksAfter(context));
  try {
    const classes = classesOf(model);
    const batches = batchesOf({ data, inputs: pruned.inputs, classes, batchSize });
    const softmax = producersOf(pruned).get(pruned.outputs[0]!.name)?.opType === "Softmax";
    const loss = softmax ? "categoricalCrossentropy" : tf.losses.softmaxCrossEntropy;
    model.compile({ optimizer, loss, metrics: ["accuracy"] });

    const scores = [await evaluate(model, batches(held))];
    let best = { epoch: 0, values: await weights.copy() };
    let step = 0;
    const hooks = {
      onBatchBegin: () => setRate(optimizer, (lr / 2) * (1 + Math.cos((Math.PI * step++) / (epochs * steps)))),
      onBatchEnd: (_: number, logs: { readonly loss: number }) => {
        weights.mask();
        if (!Number.isFinite(logs.loss)) throw errorDiverged(step, logs.loss);
        onProgress?.(`epoch ${scores.length} of ${epochs}, loss ${logs.loss.toPrecision(3)}`, step / (epochs * steps));
        if (signal?.aborted) model.stopTraining = true;
      },
      onEpochEnd: async (epoch: number, logs: { readonly val_loss: number; readonly val_acc: number }) => {
        if (model.stopTraining && signal?.aborted) return;
        const lowest = Math.min(...scores.map((score) => score.loss));
        scores.push({ loss: logs.val_loss, accuracy: logs.val_acc });
        if (logs.val_loss < lowest) best = { epoch: epoch + 1, values: await weights.copy() };
      },
    };
    const asCallback = (given: object): object => "setParams" in given ? given : new module.CustomCallback(given as never); // prettier-ignore
    const callbacks = [hooks, ...[options.callbacks ?? []].flat()].map(asCallback);
    await model.fitDataset(batches(training, seed), { epochs, validationData: batches(held), callbacks, verbose: 0 });
    const [before, after] = [scores[0]!, scores[best.epoch]!];
    const notes: RecoveryNotes = {
      epochs: scores.length - 1,
      bestEpoch: best.epoch,
      heldOut: {
        samples: held.length,
        loss: { before: before.loss, after: after.loss },
        metric: { name: "accuracy", before: before.accuracy, after: after.accuracy },
      },
      ...(best.epoch === 0 ? { remarks: ["No epoch made it better on samples held out, so that all weights stay as they were."] } : {}), // prettier-ignore
    };
    return { graph: best.epoch === 0 ? pruned : withValues(pruned, best.values), notes };
  } finally {
    weights.dispose();
    optimizer.dispose();
    model.dispose();
  }
}

/** Optimizers of TensorFlow.js know no schedules. Some have a method, and others read their rate anew at every step. */
function setRate(optimizer: tf.Optimizer, rate: number): void {
  const own = optimizer as unknown as { learningRate: number; setLearningRate?: (rate: number) => void };
  if (own.setLearningRate) own.setLearningRate(rate);
  else own.learningRate = rate;
}

/** Samples to learn from and those held out; whole batches of these where a model takes no others. */
function parts(count: number, share: number, batch: number, seed: number): ReturnType<typeof split> {
  const batches = Math.max(1, Math.round((count * share) / batch));
  return split(count, (batches * batch) / count, seed);
}

/** Classes of the one output. */
function classesOf({ outputs }: LayersModel): number {
  const [shape] = outputs.map((output) => output.shape);
  const classes = shape?.at(-1);
  if (outputs.length !== 1 || shape?.length !== 2 || !classes || classes < 2) throw errorFitOutput(outputs.map((o) => o.shape)); // prettier-ignore
  return classes;
}

async function evaluate(model: Trained, held: Batches): Promise<{ loss: number; accuracy: number }> {
  const results = await model.evaluateDataset(held, {});
  const [loss, accuracy] = await Promise.all(results.map(async (scalar) => (await scalar.data())[0]!));
  tf.dispose(results);
  return { loss: loss!, accuracy: accuracy! };
}

/** `@tensorflow/tfjs`, with gradients for every operator, and kernels for them. */
async function trainingModule(given: FitOptions["tf"]): Promise<TfjsTraining> {
  const load = (): Promise<TfjsTraining> =>
    import("@tensorflow/tfjs").catch((cause: unknown) => {
      throw errorMissingPackage("@tensorflow/tfjs", "Training in TensorFlow.js", cause);
    });
  const module = await (given === undefined ? load() : typeof given === "function" ? given() : given);
  await tf.ready();
  if (!tf.getGradient("Conv2D")) throw errorNoGradients();
  if (tf.getBackend() === "wasm") registerTrainingKernels();
  return module;
}
