import type { GradientContext, GradientRule, TrainContext, TrainForm } from "./define-op.ts";

/**
 * The gradient of an operator that works element by element with broadcasting: `of(i)` is that of input i in the shape
 * of the output, and is summed over the axes along which the input was stretched. Asked only for inputs that need it.
 */
export function broadcastGradient(
  op: GradientContext,
  of: (input: number) => string | undefined,
): (string | undefined)[] {
  return op.in.map((x, i) => {
    const gradient = x && op.needs(i) ? of(i) : undefined;
    return gradient && op.g.sumTo(gradient, op.out[0]!.dims, x!.dims);
  });
}

/** The gradient of an operator that only gives its first input another shape. */
export const reshapeGradient: GradientRule = ({ in: [x], dy: [dy], g }) => [g.reshape(dy!, x!.dims)];

/** `train` rule of an operator that only gives its first input another shape: a Reshape, whatever the opset. */
export const reshapeForm = ({ in: [x], out: [y], g }: TrainContext): TrainForm | undefined =>
  x && y ? { outputs: [g.reshape(x.name, y.dims)] } : undefined;

/** Adds up rows: `[rows, …inner]` of zeros, to whose row `indices[i]` (of any shape) `updates[i, …inner]` is added. */
export function scatterRows(
  g: GradientContext["g"],
  dims: readonly number[],
  indices: string,
  rank: number,
  updates: string,
): string {
  const coordinates = g.op("Unsqueeze", [indices, g.ints([rank])]);
  return g.op("ScatterND", [g.zeros(dims), coordinates, updates], { reduction: "add" });
}
