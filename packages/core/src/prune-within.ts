import { under } from "./checkpoints.ts";
import { closeIn, type Measured, onStep, RATIO_STEP } from "./close-in.ts";
import { errorBadOption, errorNothingWithin, errorTakesNoTarget, isPruneError } from "./errors.ts";
import { type GradualOptions, pruneGradually, type Schedule } from "./gradual.ts";
import { type Journal, noted, recall } from "./journal.ts";
import type { Model } from "./model.ts";
import type { Budget } from "./plan/target.ts";
import { preparePruning, type PruneOptions, type PruneResult, type Pruning } from "./prune.ts";
import type { Report, Try } from "./report.ts";

export interface WithinOptions extends Omit<PruneOptions, "target"> {
  /** What a network is worth: accuracy, or any other number of which more is better. */
  readonly evaluate: (model: Model) => Promise<number>;
  /** How much less than the original the result may be worth, in the same unit: 0.01 of an accuracy is one percentage point. */
  readonly maxDrop: number;
  /** What is made small. Default "macs". */
  readonly budget?: Budget | undefined;
  /** How close the result is to a network that is known to be worth too little, as a fraction of its size. Default 0.02. */
  readonly precision?: number | undefined;
  /** Prunes every network that is tried in steps. Default: at once. */
  readonly schedule?: Schedule | undefined;
  /** What weights go back to after every step of the schedule. Default: they go on from what they are. */
  readonly rewind?: GradualOptions["rewind"];
  /** Remembers what was tried, so that a search that was interrupted goes on. Default: nothing is remembered. */
  readonly journal?: Journal | undefined;
  /** Hears of every network before it is made: the ratio of the budget, and its number, from 1. */
  readonly onTry?: ((ratio: number, number: number) => void) | undefined;
}

/** Values that are as good as equal: what adding fractions leaves. */
const ROUNDING = 1e-9;

/**
 * Prunes a model as far as it stays worth enough: bisects the target, with recovery inside, and returns the smallest
 * network that was measured to be within the allowed drop, with all that were tried in `report.search`. Every value is
 * measured, none is extrapolated; but between two networks that were measured there may be others, and where the value
 * does not fall steadily with the size, a smaller one that would do can be missed.
 *
 * The data behind `evaluate` decides what is returned: an honest figure of the result needs other data.
 * @throws {PruneError} `target-unreachable` when no network that was tried is worth enough, `bad-option` for a pruner that
 * takes no target, and whatever `prune` throws
 */
export async function pruneWithin(model: Model, options: WithinOptions): Promise<PruneResult> {
  const { evaluate, maxDrop, budget = "macs", precision = 0.02, schedule, journal, onTry, ...rest } = options;
  if (rest.pruner.untargeted) throw errorTakesNoTarget(rest.pruner.name);
  if (!(maxDrop >= 0 && maxDrop < Infinity)) throw errorBadOption("maxDrop", "a number from 0", maxDrop);
  if (!(precision > 0 && precision < 1)) throw errorBadOption("precision", "a fraction between 0 and 1", precision);
  const pruning = await preparePruning(model, rest);
  const least = await recall(journal, "least", () => leastOf(pruning, budget));
  const baseline = await recall(journal, "original", () => evaluate(model));
  if (!Number.isFinite(baseline)) throw errorBadOption("evaluate", "a function that gives finite numbers", baseline);

  const tries: Try[] = [];
  let held: Made | undefined;
  // Coarse steps of pruning make the same of several targets: that is measured once.
  const plans = new Map<string, Try>();
  const isStopped = (): boolean => rest.signal?.aborted === true;

  const attempt = async (ratio: number): Promise<Made> => {
    onTry?.(ratio, tries.length + 1);
    const checkpoints = rest.checkpoints && under(rest.checkpoints, `${budget}=${ratio}`);
    const target = { [budget]: ratio };
    const decided = schedule ? undefined : await pruning.decide({ budget, ratio });
    const plan = decided && JSON.stringify(decided.plan);
    const same = plan && plans.get(plan);
    if (same) return { own: { ...same, target: ratio } };
    const result = decided
      ? await pruning.carryOut(decided, { checkpoints })
      : await pruneGradually(model, { ...rest, checkpoints, schedule: schedule!, target });
    const value = await evaluate(result.model);
    const within = value >= baseline - maxDrop - ROUNDING;
    const own = { target: ratio, left: leftOf(result.report, budget), cost: result.report.after, value, within };
    if (plan) plans.set(plan, own);
    return { own, result };
  };
  const measure = async (ratio: number): Promise<Measured> => {
    const name = `${budget}=${ratio}`;
    let own = noted(journal, name, isTry);
    if (!own) {
      const made = await attempt(ratio).catch(unlessUnreachable);
      if (!made) return { does: false, left: ratio };
      own = made.own;
      if (made.result && own.within && own.left < (held?.own.left ?? Infinity)) held = made;
      // What was cut short would come out differently another time.
      if (!isStopped()) {
        await journal?.add(name, own);
        await rest.checkpoints?.drop(name);
      }
    }
    tries.push(own);
    return { does: own.within, left: own.left };
  };
  await closeIn({ least, precision, measure, stopped: isStopped });

  for (;;) {
    const sorted = tries.toSorted((a, b) => b.target - a.target);
    const best = smallest(tries);
    if (!best) throw errorNothingWithin(baseline, maxDrop, sorted.map((t) => textOf(t, budget)), isStopped()); // prettier-ignore
    const result = held?.own.target === best.target ? held.result : undefined;
    if (result) {
      const report = { ...result.report, search: { budget, maxDrop, baseline, tries: sorted } };
      return { ...result, report: isStopped() ? { ...report, interrupted: true } : report };
    }
    // It was measured before an interruption. What it comes to now is what counts.
    plans.clear();
    held = await attempt(best.target);
    tries[tries.indexOf(best)] = held.own;
  }
}

/** A network that was tried; without a result where an earlier one was the same. */
interface Made {
  readonly own: Try;
  readonly result?: PruneResult;
}

/** Whether something is a try as a journal holds it. */
function isTry(value: unknown): value is Try {
  if (typeof value !== "object" || value === null) return false;
  const { target, left, value: worth, within, cost } = value as { readonly [K in keyof Try]?: unknown };
  const costs: readonly unknown[] = typeof cost === "object" && cost !== null ? Object.values(cost) : [];
  const numbers = [target, left, worth, ...costs];
  return costs.length > 0 && typeof within === "boolean" && numbers.every((n) => typeof n === "number");
}

/** The smallest that does; of equal ones, the first. */
const smallest = (tries: readonly Try[]): Try | undefined =>
  tries.filter((t) => t.within).reduce<Try | undefined>((a, b) => (a && a.left <= b.left ? a : b), undefined);

const textOf = ({ left, value }: Try, budget: Budget): string =>
  `${Number(value.toFixed(4))} at ${budget}=${Number(left.toFixed(4))}`;

/** The smallest ratio that a pruner can reach. */
async function leastOf({ decide }: Pruning, budget: Budget): Promise<number> {
  try {
    await decide({ budget, ratio: RATIO_STEP });
    return RATIO_STEP;
  } catch (error) {
    if (!isPruneError(error) || error.code !== "target-unreachable") throw error;
    return onStep(Math.ceil, error.closest ?? 0) || RATIO_STEP;
  }
}

function unlessUnreachable(error: unknown): undefined {
  if (!isPruneError(error) || error.code !== "target-unreachable") throw error;
}

/** What is left of a budget, result / original; weights that are zero are no parameters. */
function leftOf({ before, after, zeros }: Report, budget: Budget): number {
  const left = budget === "params" && zeros ? before.params - zeros[1] : after[budget];
  return left / before[budget];
}
