import type { TrainContext } from "./define-op.ts";

/** `(x − mean) / √(variance + ε)` over some axes; without `centred`, `x / √(mean square + ε)`. */
export function normalized(
  g: TrainContext["g"],
  x: string,
  axes: readonly number[],
  epsilon: number,
  centred = true,
): { value: string; mean: string | undefined; inverse: string } {
  const mean = centred ? g.reduce("ReduceMean", x, axes) : undefined;
  const from = mean === undefined ? x : g.sub(x, mean);
  const variance = g.reduce("ReduceMean", g.mul(from, from), axes);
  const inverse = g.op("Reciprocal", [g.op("Sqrt", [g.shift(variance, epsilon)])]);
  return { value: g.mul(from, inverse), mean, inverse };
}
