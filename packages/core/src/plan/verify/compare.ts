import type { DType } from "../../graph/dtype.ts";
import { floatsIn } from "../../floats-in.ts";
import type { RunTensor } from "../../model.ts";

/** How far two values are apart. */
export interface Difference {
  /** max |a − b| / max(smallest, max |a|); infinite where only one of the two is a number. */
  readonly error: number;
  /** Whether any element could be compared: a value that is nowhere finite, on both sides, proves nothing. */
  readonly proven: boolean;
}

/**
 * Compares an original value with a pruned one of the same shape. What is not a number must not be one on either side.
 * @param smallest the scale of values that are smaller than this; default 1e-6
 */
export function difference(a: RunTensor, b: RunTensor, smallest = 1e-6): Difference {
  if (a.data.length !== b.data.length) return { error: Infinity, proven: true };
  if (a.dtype === "string" || b.dtype === "string") {
    const differs = (a.data as readonly string[]).some((text, i) => text !== b.data[i]);
    return { error: differs ? Infinity : 0, proven: true };
  }
  if (a.data.length === 0) return { error: 0, proven: true };
  return differenceOf(numbers(a), numbers(b), smallest);
}

function differenceOf(a: ArrayLike<number>, b: ArrayLike<number>, smallest: number): Difference {
  let [most, scale, compared] = [0, smallest, 0];
  for (let i = 0; i < a.length; i++) {
    const x = a[i]!;
    const y = b[i]!;
    const d = Math.abs(x - y);
    if (d < Infinity) {
      compared++;
      if (d > most) most = d;
      if (x > scale) scale = x;
      else if (-x > scale) scale = -x;
    } else if (!Object.is(x, y)) return { error: Infinity, proven: true }; // the same infinity, or NaN twice, is no difference
  }
  return { error: most / scale, proven: compared > 0 };
}

/** The elements as numbers: 64-bit integers are none to JavaScript. */
function numbers(value: RunTensor): ArrayLike<number> {
  const { dtype, data } = value;
  if (dtype === "int64" || dtype === "uint64") return Float64Array.from(data as BigInt64Array, Number);
  return floatsIn(value) ?? (data as ArrayLike<number>);
}

/**
 * The relative difference to allow values of a type, given what is allowed single precision. Half precision rounds
 * every result to one part in 2048, so equal sums may come out that far apart, more so from layer to layer.
 */
export function toleranceFor(dtype: DType, tolerance: number): number {
  return dtype === "float16" ? Math.max(tolerance, 5e-3) : tolerance;
}
