import { type DataSource, generator, type Graph, type Loss, type Model, type OpHandler, permutation, type RunValues, split, stepsOf, withWholeInputs } from "@prune/core"; // prettier-ignore
import { answeredBy, withAnswers } from "./answers.ts";
import { Batch, batchDims, fitted, inMemory, sampleCount, type TrainingData } from "./data.ts";
import { errorBadOption, errorDiverged, errorIdsInTraining } from "./errors.ts";
import { type Evaluation, evaluation, numberOf, type Score } from "./evaluation.ts";
import { checkFits } from "./check-fits.ts";
import { adamW } from "./optimizers/adamw.ts";
import type { Optimizer } from "./optimizers/optimizer.ts";
import { inputsOfBoth, partOf } from "./part-of.ts";
import { withWeights } from "./put-back.ts";
import { cosine, type Schedule } from "./schedules.ts";
import type { Trainable } from "./trainable.ts";
import { type TrainingGraph, trainingGraph } from "./training-graph.ts";

export interface TrainOptions {
  readonly data: TrainingData | DataSource;
  readonly loss: Loss;
  /** The network to learn from, for losses that have one; it is run, not changed. */
  readonly teacher?: Pick<Model, "graph"> | undefined;
  /** Passes over the data. Default 1. */
  readonly epochs?: number | undefined;
  /** Samples per step; what is left over at the end of an epoch waits for another order. Default 32. */
  readonly batchSize?: number | undefined;
  /** Default `adamW()`. */
  readonly optimizer?: Optimizer | undefined;
  /** Factor on the learning rate. Default `cosine()`. */
  readonly schedule?: Schedule | undefined;
  /**
   * Samples held out to choose the best weights by, those of the start included: a share of the data in (0, 1), or other
   * data. Default: none.
   */
  readonly validation?: number | TrainingData | DataSource | undefined;
  /** What the best weights are chosen by: the loss's metric (where equal, and where it has none, the loss), or the loss. Default "metric". */
  readonly chooseBy?: "metric" | "loss" | undefined;
  /** Stops after so many epochs without improvement on the validation samples. Default: never. */
  readonly patience?: number | undefined;
  /** Weights that keep their zeros: name → ones where an element may change, zeros elsewhere. */
  readonly masks?: Readonly<Record<string, ArrayLike<number>>> | undefined;
  /** Which weights change: names, or a rule. Default all. */
  readonly trainable?: Trainable | undefined;
  /** Limit on the norm of all gradients together. Default: none. */
  readonly clipNorm?: number | undefined;
  /** Normalise by the batch and update the stored statistics. Default true. */
  readonly batchStatistics?: boolean | undefined;
  /**
   * Drop elements at random where the network has Dropout, at its ratio; samples held out are measured without. A
   * repeated run draws the same, but one that is resumed begins to draw anew. Default false.
   */
  readonly dropout?: boolean | undefined;
  /** Order of samples and choice of those held out. Default 0. */
  readonly seed?: number | undefined;
  /** Threads within an operator; with 1, a repeated run gives the same bits. Default: the runtime's choice. */
  readonly threads?: number | undefined;
  /** Ends training after the step under way; the best weights so far are kept. */
  readonly signal?: { readonly aborted: boolean } | undefined;
  /** Called after every step. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Called after every epoch, with all that is needed to go on from there. */
  readonly onCheckpoint?: ((checkpoint: Checkpoint) => void | Promise<void>) | undefined;
  /** Goes on from a checkpoint of the same training, exactly. */
  readonly resume?: Checkpoint | undefined;
  /** Rules of operators that core does not have. */
  readonly operators?: readonly OpHandler[] | undefined;
}

export interface Progress {
  /** From 1. */
  readonly epoch: number;
  readonly epochs: number;
  /** From 1, over all epochs. */
  readonly step: number;
  readonly steps: number;
  /** Means over the epoch so far. */
  readonly loss: number;
  readonly metric: number | undefined;
  readonly stepsPerSecond: number;
  readonly secondsLeft: number;
}

export interface Epoch {
  /** From 1. */
  readonly epoch: number;
  readonly loss: number;
  readonly metric: number | undefined;
  /** On the samples held out. */
  readonly validation: Score | undefined;
}

/** A moment of training as plain data. */
export interface Checkpoint {
  /** Steps done. */
  readonly step: number;
  /** Weights, statistics and the optimiser's memory. */
  readonly state: RunValues;
  /** Sums over the epoch under way. */
  readonly sums: readonly [loss: number, metric: number];
  readonly history: readonly Epoch[];
  readonly best: { readonly epoch: number; readonly weights: RunValues; readonly score: Score } | undefined;
  /** What the weights at the start yield on the samples held out. */
  readonly start: Score | undefined;
}

export interface TrainResult {
  /** The model's graph with new values for what was trained. */
  readonly graph: Graph;
  readonly history: readonly Epoch[];
  readonly stopped: "finished" | "early" | "aborted";
  /** The weights at the start, on the samples held out. */
  readonly start: Score | undefined;
  /**
   * The epoch whose weights were kept, where samples were held out; 0: training made nothing better, and the weights are
   * those of the start. Where none were held out, the weights are the last ones.
   */
  readonly bestEpoch: number | undefined;
  readonly checkpoint: Checkpoint;
}

/** What training needs of a model. */
type TrainedModel = Pick<Model, "graph" | "runtime">;

/**
 * Trains a model's weights. One run of the runtime is one step; the weights stay with the session in between.
 * @throws {PruneError} `bad-option`, `bad-data`, `unsupported` (an operator without a gradient), `runtime-failed`
 */
export async function train(model: TrainedModel, options: TrainOptions): Promise<TrainResult> {
  const recounted = model.graph.inputs.find((v) => v.ids);
  if (recounted) throw errorIdsInTraining(recounted.name);
  const plan = planOf(model, options);
  const { loss, epochs, batchSize, stepsPerEpoch, steps: total, seed } = plan;
  const { optimizer = adamW(), schedule = cosine(), patience = Infinity, chooseBy, signal, threads, resume } = options;
  const common = { graph: withWholeInputs(model.graph), runtime: model.runtime, loss, teacher: options.teacher?.graph, operators: options.operators }; // prettier-ignore
  const dims = Object.fromEntries(Object.entries(plan.data.inputs).map(([name, t]) => [name, batchDims(t, batchSize)]));
  const made = await trainingGraph({
    ...common,
    dims,
    labels: plan.data.labels && batchDims(plan.data.labels, batchSize),
    batchStatistics: options.batchStatistics ?? true,
    dropout: options.dropout ? seed + (resume?.step ?? 0) : undefined,
    optimizer,
    trainable: options.trainable,
    masks: options.masks,
    clipNorm: options.clipNorm,
  });
  if (resume) checkFits(resume, made, total, plan.held !== undefined);
  const answered = (data: TrainingData): Promise<TrainingData> =>
    withAnswers(data, common.teacher, made.taught, model.runtime, threads);
  const data = await answered(plan.data);
  const heldData = plan.held && (plan.held.data === plan.data ? data : await answered(plan.held.data));
  const graph = partOf(made.graph, answeredBy(data, made.taught));
  const session = await model.runtime.open(graph, { background: true, ...(threads === undefined ? {} : { threads }) });
  let held: Evaluation | undefined;
  try {
    if (plan.held) held = await evaluation(common, model.runtime, heldData!, plan.held.indices, batchSize, made.weights, threads); // prettier-ignore
    const steps = await stepsOf(session, resume?.state ?? made.initial, made.next);
    const fetches = [made.loss, ...(made.metric === undefined ? [] : [made.metric])];
    const batch = new Batch(data, batchSize);
    const history = [...(resume?.history ?? [])];
    let [lossSum, metricSum] = resume?.sums ?? [0, 0];
    let best = resume?.best;
    let start = resume?.start;
    if (held && !resume) {
      const weights = pick(made.initial, made);
      start = await held.of(weights);
      best = { epoch: 0, weights, score: start };
    }
    let step = resume?.step ?? 0;
    let stopped: TrainResult["stopped"] = isStale(history, best, patience) ? "early" : "finished";
    const clock = stepClock(step, total);
    const checkpoint = async (): Promise<Checkpoint> => ({
      step,
      state: await steps.state(),
      sums: [lossSum, metricSum],
      history: [...history],
      best,
      start,
    });
    const metricOf = (sum: number, count: number): number | undefined =>
      made.metric === undefined ? undefined : sum / count;
    while (step < total && stopped === "finished") {
      const epoch = Math.floor(step / stepsPerEpoch);
      const order = permutation(plan.training.length, generator(seed + 1000003 * (epoch + 1))).map(
        (i) => plan.training[i]!,
      );
      for (let at = step % stepsPerEpoch; at < stepsPerEpoch; at++) {
        if (signal?.aborted) {
          stopped = "aborted";
          break;
        }
        const rate = optimizer.learningRate * schedule(step, total);
        const feeds = batch.take(order.subarray(at * batchSize, (at + 1) * batchSize));
        const result = await steps.run({ ...feeds, ...made.scalars(step + 1, rate) }, fetches);
        step++;
        lossSum += numberOf(result, made.loss);
        metricSum += made.metric === undefined ? 0 : numberOf(result, made.metric);
        if (!Number.isFinite(lossSum)) throw errorDiverged(step, numberOf(result, made.loss));
        options.onProgress?.({
          epoch: epoch + 1,
          epochs,
          step,
          steps: total,
          loss: lossSum / (at + 1),
          metric: metricOf(metricSum, at + 1),
          ...clock(step),
        });
      }
      if (stopped === "aborted") break;
      const weights = held && pick(await steps.state(), made);
      const validation = weights && (await held!.of(weights));
      const entry: Epoch = { epoch: epoch + 1, loss: lossSum / stepsPerEpoch, metric: metricOf(metricSum, stepsPerEpoch), validation }; // prettier-ignore
      if (weights && (!best || isBetter(validation!, best.score, chooseBy === "loss" ? undefined : loss.metric)))
        best = { epoch: entry.epoch, weights, score: validation! };
      history.push(entry);
      [lossSum, metricSum] = [0, 0];
      if (isStale(history, best, patience)) stopped = "early";
      await options.onCheckpoint?.(await checkpoint());
    }
    const final = await checkpoint();
    const values = best?.weights ?? pick(final.state, made);
    return {
      graph: withWeights(model.graph, values),
      history,
      stopped,
      start,
      bestEpoch: best?.epoch,
      checkpoint: final,
    };
  } finally {
    await held?.release();
    await session.release();
  }
}

/** What is trained on, in what portions. */
function planOf(
  model: TrainedModel,
  { data: given, loss, teacher, validation, epochs = 1, batchSize = 32, seed = 0, patience }: TrainOptions,
) {
  const samples = inMemory(given);
  const count = sampleCount(samples);
  const whole = (name: string, value: number): void => {
    if (!(Number.isInteger(value) && value >= 1)) throw errorBadOption(name, "a whole number of at least 1", value);
  };
  whole("epochs", epochs);
  whole("batchSize", batchSize);
  if (patience !== undefined) whole("patience", patience);
  const share = typeof validation === "number" ? validation : undefined;
  if (share !== undefined && !(share > 0 && share < 1)) throw errorBadOption("validation", "data, or a share in (0, 1)", share); // prettier-ignore
  // What left the network, such as the caches of a block, the teacher still takes.
  const read = { inputs: inputsOfBoth(model.graph, teacher?.graph) };
  const data = fitted(samples, read, loss.labels);
  const all = Uint32Array.from({ length: count }, (_, i) => i);
  const parts = share === undefined ? undefined : split(count, share, seed);
  const training = parts?.training ?? all;
  const other = typeof validation === "object" ? fitted(inMemory(validation), read, loss.labels) : undefined;
  const held = parts
    ? { data, indices: parts.held }
    : other && { data: other, indices: Uint32Array.from({ length: sampleCount(other) }, (_, i) => i) };
  const size = Math.min(batchSize, training.length);
  const stepsPerEpoch = Math.floor(training.length / size);
  return { data, loss, training, held, epochs, batchSize: size, stepsPerEpoch, steps: epochs * stepsPerEpoch, seed };
}

/** The weights and statistics of a state. */
const pick = (state: RunValues, { weights }: TrainingGraph): RunValues =>
  Object.fromEntries(weights.map(({ name }) => [name, state[name]!]));

/** By the metric; between equal ones, and without one, by the loss. */
function isBetter(a: Score, b: Score, metric: Loss["metric"]): boolean {
  if (metric && a.metric !== b.metric)
    return metric.better === "higher" ? a.metric! > b.metric! : a.metric! < b.metric!;
  return a.loss < b.loss;
}

const isStale = (history: readonly Epoch[], best: Checkpoint["best"], patience: number): boolean =>
  best !== undefined && (history.at(-1)?.epoch ?? 0) - best.epoch >= patience;

/** Says how fast steps go and how long the rest will take. */
function stepClock(first: number, total: number): (step: number) => Pick<Progress, "stepsPerSecond" | "secondsLeft"> {
  const start = Date.now();
  return (step) => {
    const stepsPerSecond = (1000 * (step - first)) / Math.max(1, Date.now() - start);
    return { stepsPerSecond, secondsLeft: (total - step) / stepsPerSecond };
  };
}
