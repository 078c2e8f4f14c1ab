import { errorVerification } from "../../errors.ts";
import type { RunValues } from "../../model.ts";
import { difference, toleranceFor, type Difference } from "./compare.ts";

/**
 * Scale of outputs that are smaller than this. Runtimes compute a sigmoid to about 3e-8, which far below zero is a large
 * part of what it yields; what differs in the layers before it shows there.
 */
const SMALLEST_SCALE = 1e-3;

/**
 * An output may differ by this many times what rounding the inputs changes in it, since every layer rounds as well, but
 * never by more than the other.
 */
const [ROUNDINGS, MOST] = [16, 1e-2];

/** One step of rounding in single precision. */
const STEP = 2 ** -23;

export interface OutputsInput {
  /** What the reference yields, without what is cut. */
  readonly before: RunValues;
  readonly after: RunValues;
  readonly tolerance: number;
  /** The inputs of `after`. */
  readonly feeds: RunValues;
  /** What yielded `after`. */
  readonly run: (feeds: RunValues) => Promise<RunValues>;
}

/**
 * Compares outputs. A network that magnifies the rounding of its inputs, such as by taking large numbers from each other,
 * magnifies that of its sums as well, which a cut orders anew: no more can be asked of it.
 * @throws {PruneError} `verification-failed`
 */
export async function compareOutputs(input: OutputsInput): Promise<(Difference & { readonly name: string })[]> {
  const { before, after, tolerance, feeds, run } = input;
  let rounded: RunValues | undefined;
  const found: (Difference & { readonly name: string })[] = [];
  for (const [name, value] of Object.entries(before)) {
    const own = difference(value, after[name]!, SMALLEST_SCALE);
    const limit = toleranceFor(value.dtype, tolerance);
    if (own.error > limit) {
      rounded ??= await run(roundedOtherwise(feeds));
      const { error } = difference(after[name]!, rounded[name]!, SMALLEST_SCALE);
      if (!(own.error <= Math.min(MOST, ROUNDINGS * error)))
        throw errorVerification(`output "${name}" differs by ${own.error.toExponential(2)} (limit ${limit})`);
    }
    found.push({ name, ...own });
  }
  return found;
}

/** Inputs of single precision, every one a step away. */
function roundedOtherwise(feeds: RunValues): RunValues {
  const moved = (x: number, i: number): number => x * (i % 2 ? 1 - STEP : 1 + STEP);
  return Object.fromEntries(
    Object.entries(feeds).map(([name, value]) => {
      const { data } = value;
      return [name, data instanceof Float32Array ? { ...value, data: data.map(moved) } : value];
    }),
  );
}
