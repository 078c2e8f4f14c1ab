import type { Optimizer } from "./optimizer.ts";

export interface AdamWOptions {
  /** Default 1e-3. */
  readonly learningRate?: number;
  /** Decay of the mean gradient and of the mean squared gradient. Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** Default 1e-8. */
  readonly epsilon?: number;
  /** Shrinks weights by `lr · weightDecay` a step, apart from the gradient. Default 0.01. */
  readonly weightDecay?: number;
}

/**
 * AdamW: `m ← β₁m + (1 − β₁)g`, `v ← β₂v + (1 − β₂)g²`, `w ← w − lr·(m̂ / (√v̂ + ε) + λw)` with `m̂ = m / (1 − β₁ᵗ)` and
 * `v̂ = v / (1 − β₂ᵗ)`. Source: Loshchilov and Hutter 2019, arXiv:1711.05101, algorithm 2.
 */
export function adamW(options: AdamWOptions = {}): Optimizer {
  const { learningRate = 1e-3, betas = [0.9, 0.999], epsilon = 1e-8, weightDecay = 0.01 } = options;
  const [beta1, beta2] = betas;
  return {
    name: "adamw",
    learningRate,
    slots: ["mean", "square"],
    scalars: (step, rate) => ({
      stride: rate / (1 - beta1 ** step),
      correction: 1 / Math.sqrt(1 - beta2 ** step),
      kept: 1 - rate * weightDecay,
    }),
    update({ g, weight, gradient, slots, scalars, decays }) {
      const blend = (old: string, value: string, beta: number): string => g.add(g.scale(old, beta), g.scale(value, 1 - beta)); // prettier-ignore
      const mean = blend(slots["mean"]!, gradient, beta1);
      const square = blend(slots["square"]!, g.mul(gradient, gradient), beta2);
      const deviation = g.shift(g.mul(g.op("Sqrt", [square]), scalars["correction"]!), epsilon);
      const change = g.div(g.mul(mean, scalars["stride"]!), deviation);
      const kept = decays && weightDecay > 0 ? g.mul(weight, scalars["kept"]!) : weight;
      return { weight: g.sub(kept, change), slots: { mean, square } };
    },
  };
}
