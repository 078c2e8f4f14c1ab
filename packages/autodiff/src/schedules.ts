/** The factor on the learning rate at a step (from 0) of `steps`. */
export type Schedule = (step: number, steps: number) => number;

/** The same learning rate throughout. */
export const constant = (): Schedule => () => 1;

/** Half a cosine from 1 to 0. Loshchilov and Hutter 2017, arXiv:1608.03983, eq. 5, one period. */
export const cosine = (): Schedule => (step, steps) => (1 + Math.cos((Math.PI * step) / steps)) / 2;

/** A straight line from 1 to 0. */
export const linear = (): Schedule => (step, steps) => 1 - step / steps;

export interface OneCycleOptions {
  /** Share of all steps in which the rate rises. Default 0.3. */
  readonly rise?: number;
  /** The rate begins at 1 / start of its peak. Default 25. */
  readonly start?: number;
  /** The rate ends at 1 / (start · end). Default 1e4. */
  readonly end?: number;
}

/**
 * Rises to 1 and falls far below where it began, both along half a cosine.
 * Source: Smith and Topin 2018, "Super-Convergence", arXiv:1708.07120.
 */
export function oneCycle({ rise = 0.3, start = 25, end = 1e4 }: OneCycleOptions = {}): Schedule {
  const between = (from: number, to: number, part: number): number => to + ((from - to) * (1 + Math.cos(Math.PI * part))) / 2; // prettier-ignore
  return (step, steps) => {
    const peak = rise * steps;
    return step < peak
      ? between(1 / start, 1, step / peak)
      : between(1, 1 / (start * end), (step - peak) / (steps - peak));
  };
}

/** Rises in a straight line for the first share (default 5%) of all steps, then follows another schedule over the rest. */
export function warmUp(then: Schedule, share = 0.05): Schedule {
  return (step, steps) => {
    const rising = Math.ceil(share * steps);
    return step < rising ? (step + 1) / (rising + 1) : then(step - rising, steps - rising);
  };
}
