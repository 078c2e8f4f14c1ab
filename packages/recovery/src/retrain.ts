import {
  adamW,
  type Checkpoint,
  type Loss,
  type Optimizer,
  type Progress,
  type Schedule,
  train,
} from "@prune/autodiff";
import { hasFixedBatch, masksAfter, type RecoveryContext, type RecoveryNotes } from "@prune/core";
import type { Recovered } from "./closer.ts";
import { errorBadOption, errorFewSamples } from "./errors.ts";

/** Options of the steps that train. */
export interface RetrainOptions {
  /** Passes over the data. Default 2. */
  readonly epochs?: number;
  /** Samples per step. Default 64; a model of fixed batch size is trained at that. */
  readonly batchSize?: number;
  /** Learning rate before the schedule's factor. Default 1e-3. */
  readonly lr?: number;
  /** Default `adamW`, with a weight decay of 0.01. */
  readonly optimizer?: (options: { readonly learningRate: number }) => Optimizer;
  /** Factor on the learning rate from step to step. Default `cosine()`. */
  readonly schedule?: Schedule;
  /** Share of the samples that is held out, to choose the best weights by. Default 0.1. */
  readonly validation?: number;
  /** Stops after so many epochs that made nothing better. Default: never. */
  readonly patience?: number;
  /** Limit on the norm of all gradients together. Default: none. */
  readonly clipNorm?: number;
  /**
   * Whether BatchNormalization goes by each batch and moves its stored statistics. False keeps those, which suits little
   * data and small cuts. Default true.
   */
  readonly batchStatistics?: boolean;
  /** Drop elements at random where the network has Dropout. Default false: a pruned network has little capacity to spare. */
  readonly dropout?: boolean;
}

/** @throws {PruneError} `bad-option` */
export function checkRetraining({ epochs, batchSize, lr, validation, patience, clipNorm }: RetrainOptions): void {
  for (const [name, value] of Object.entries({ epochs, batchSize, patience }))
    if (value !== undefined && !(Number.isInteger(value) && value >= 1))
      throw errorBadOption(name, "a whole number of at least 1", value);
  for (const [name, value] of Object.entries({ lr, clipNorm }))
    if (value !== undefined && !(value > 0 && value < Infinity)) throw errorBadOption(name, "a number above 0", value);
  if (validation !== undefined && !(validation > 0 && validation < 1))
    throw errorBadOption("validation", "above 0 and below 1", validation);
}

/**
 * Trains a pruned network. Masked weights stay zero. Of the weights at the start and after every epoch it keeps those
 * that do best on samples that are held out, so that a network is never worse on them than before.
 * @throws {PruneError} `bad-data`, `unsupported` (an operator without a gradient), `runtime-failed` (training diverged)
 */
export async function retrain(
  step: string,
  { analysis, cut, edits, pruned, runtime, data, operators, seed, signal, checkpoints, onProgress }: RecoveryContext,
  loss: Loss,
  options: RetrainOptions,
): Promise<Recovered> {
  const { epochs = 2, lr = 1e-3, optimizer = adamW, validation = 0.1, ...rest } = options;
  const fixed = hasFixedBatch(pruned);
  const batchSize = fixed ? data.batchSize : (options.batchSize ?? 64);
  const held = heldOut(step, data.count, validation, fixed ? batchSize : 1);
  const save = checkpoints && ((state: Checkpoint) => checkpoints.save(TRAINING, state));
  const { graph, history, stopped, start, bestEpoch, checkpoint } = await train(
    { graph: pruned, runtime },
    {
      ...rest,
      data,
      loss,
      teacher: { graph: analysis.graph },
      epochs,
      batchSize,
      optimizer: optimizer({ learningRate: lr }),
      validation: held / data.count,
      // Of some hundred samples, the loss tells more than how many are right.
      chooseBy: "loss",
      masks: masksAfter({ analysis, cut, edits, pruned }),
      operators,
      seed,
      signal,
      resume: (await checkpoints?.load(TRAINING)) as Checkpoint | undefined,
      onCheckpoint: save,
      onProgress: (progress) => onProgress?.(textOf(progress, loss), progress.step / progress.steps),
    },
  );
  if (stopped === "aborted") await save?.(checkpoint);
  const before = start!;
  const after = history.find(({ epoch }) => epoch === bestEpoch)?.validation ?? before;
  const remarks = [
    ...(stopped === "finished" ? [] : [`Training ended in epoch ${history.length + (stopped === "aborted" ? 1 : 0)} of ${epochs}: ${WHY[stopped]}.`]), // prettier-ignore
    ...(bestEpoch === 0 ? ["No epoch made it better on samples held out, so that all weights stay as they were."] : []),
  ];
  const notes: RecoveryNotes = {
    epochs: history.length,
    bestEpoch: bestEpoch!,
    history: history.map((h) => ({ epoch: h.epoch, loss: h.loss, heldOut: h.validation!.loss, ...(loss.metric ? { metric: h.validation!.metric! } : {}) })), // prettier-ignore
    heldOut: {
      samples: held,
      loss: { before: before.loss, after: after.loss },
      ...(loss.metric ? { metric: { name: loss.metric.name, before: before.metric!, after: after.metric! } } : {}),
    },
    ...(stopped === "aborted" ? { interrupted: true } : {}),
    ...(remarks.length ? { remarks } : {}),
  };
  return { graph: bestEpoch === 0 ? pruned : graph, notes };
}

/** The name that the state of training has among a step's checkpoints. */
const TRAINING = "training";

const WHY = { early: "nothing became better any more", aborted: "it was interrupted" } as const;

/** Number of samples held out: whole batches where a model takes no others. */
function heldOut(step: string, count: number, share: number, batch: number): number {
  if (count < 2 * batch) throw errorFewSamples(step, 2 * batch, count);
  const batches = Math.max(1, Math.round((count * share) / batch));
  return Math.min(batches * batch, count - batch);
}

function textOf({ epoch, epochs, loss: value, metric, stepsPerSecond, secondsLeft }: Progress, loss: Loss): string {
  const quality = metric === undefined ? "" : `, ${loss.metric?.name ?? "metric"} ${(100 * metric).toFixed(1)}%`;
  return `epoch ${epoch} of ${epochs}, loss ${value.toPrecision(3)}${quality}, ${stepsPerSecond.toPrecision(3)} steps/s, ${timeText(secondsLeft)} left`;
}

/** Seconds, or hours, minutes and seconds. */
function timeText(seconds: number): string {
  const whole = Math.ceil(seconds);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return whole < 60 ? `${s} s` : `${h ? `${h} h ` : ""}${m} min ${h ? "" : `${s} s`}`.trim();
}
