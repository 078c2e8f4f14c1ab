/** What a ratio came to. */
export interface Measured {
  /** Whether it will do. */
  readonly does: boolean;
  /** The ratio that the steps of pruning made of it, at most the one asked for. */
  readonly left: number;
}

export interface CloseInOptions {
  /** The smallest ratio that can be asked for; the largest, which will do, is 1. */
  readonly least: number;
  /** How close the smallest ratio that does is to one that does not, in the end, as a fraction of it. */
  readonly precision: number;
  readonly measure: (ratio: number) => Promise<Measured>;
  /** Whether to end early. */
  readonly stopped?: () => boolean;
}

/** Ratios are asked for in steps of this, so that they read well. */
export const RATIO_STEP = 1e-4;

/**
 * Closes in, by bisection, on the smallest ratio that will do. Where ratios that do and ratios that do not alternate, it
 * ends at one of the borders between them. Where all do, the last is the least.
 */
export async function closeIn({ least, precision, measure, stopped = () => false }: CloseInOptions): Promise<void> {
  let [low, high] = [least, 1];
  let failed = false;
  while (high - low > Math.max(precision * high, RATIO_STEP) && !stopped()) {
    const ratio = onStep(Math.round, (low + high) / 2);
    const { does, left } = await measure(ratio);
    if (does) high = Math.min(ratio, left);
    else [low, failed] = [ratio, true];
  }
  if (!failed && high > least && !stopped()) await measure(least);
}

/** The ratio rounded to a whole number of steps, free of what division leaves. */
export function onStep(round: (value: number) => number, ratio: number): number {
  return Number((round(ratio / RATIO_STEP) * RATIO_STEP).toFixed(4));
}
