import type { RunTensor, RunValues } from "@prune/core";
import { errorCheckpoint } from "./errors.ts";
import type { Checkpoint } from "./train.ts";
import type { TrainingGraph } from "./training-graph.ts";

/**
 * Refuses what training cannot go on from. A checkpoint comes from a file, so that nothing of it is taken for granted.
 * @param held whether samples are held out
 * @throws {PruneError} `bad-option`
 */
export function checkFits(resume: Checkpoint, { initial, weights }: TrainingGraph, total: number, held: boolean): void {
  if (!isObject(resume)) throw errorCheckpoint("it is none");
  const { state, step, sums, history, best, start } = resume as Loose<Checkpoint>;
  checkValues(state, initial);
  if (!Number.isInteger(step) || (step as number) < 0 || (step as number) > total)
    throw errorCheckpoint(`it is at step ${String(step)} of ${total}`);
  if (!Array.isArray(sums) || sums.length !== 2 || !sums.every(isNumber)) throw errorCheckpoint("it has no sums");
  if (!Array.isArray(history) || !history.every((entry) => isEpoch(entry, held)))
    throw errorCheckpoint("its history is malformed");
  if (!held) return;
  if (!isScore(start)) throw errorCheckpoint("it does not say what the weights at the start yield");
  if (!isObject(best) || !isNumber(best["epoch"]) || !isScore(best["score"]))
    throw errorCheckpoint("it does not say which weights are the best so far");
  checkValues(best["weights"], Object.fromEntries(weights.map(({ name }) => [name, initial[name]!])));
}

/** Something of which only the names of the fields are known. */
type Loose<T> = { readonly [K in keyof T]?: unknown };
type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields => typeof value === "object" && value !== null;
const isNumber = (value: unknown): value is number => typeof value === "number";
const isScore = (value: unknown): boolean =>
  isObject(value) && isNumber(value["loss"]) && ["number", "undefined"].includes(typeof value["metric"]);

function isEpoch(value: unknown, held: boolean): boolean {
  return isObject(value) && isNumber(value["epoch"]) && isScore(value) && (!held || isScore(value["validation"]));
}

/** Whether there is a value of the same type and shape for each of some. */
function checkValues(values: unknown, wanted: RunValues): void {
  for (const [name, { dtype, dims, data }] of Object.entries(wanted)) {
    const value = isObject(values) && Object.hasOwn(values, name) ? values[name] : undefined;
    if (!isLike(value, { dtype, dims, data }))
      throw errorCheckpoint(`it has no value of shape [${dims.join(", ")}] for "${name}"`);
  }
}

function isLike(value: unknown, { dtype, dims, data }: RunTensor): boolean {
  if (!isObject(value) || value["dtype"] !== dtype || !Array.isArray(value["dims"])) return false;
  const own = value["data"] as RunTensor["data"] | undefined;
  return String(value["dims"]) === String(dims) && own?.constructor === data.constructor && own.length === data.length;
}
