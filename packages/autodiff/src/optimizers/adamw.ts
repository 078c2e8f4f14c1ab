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
    // Slots hold m / (1 − β₁) and v / (1 − β₂); all that is constant over a weight is in scalars: fewer passes over it.
    scalars: (step, rate) => {
      const deviation = Math.sqrt((1 - beta2) / (1 - beta2 ** step));
      return {
        stride: (rate * (1 - beta1)) / (1 - beta1 ** step) / deviation,
        floor: epsilon / deviation,
        kept: 1 - rate * weightDecay,
      };
    },
    update({ g, weight, gradient, slots, scalars, decays }) {
      const mean = g.add(g.scale(slots["mean"]!, beta1), gradient);
      const square = g.add(g.scale(slots["square"]!, beta2), g.mul(gradient, gradient));
      const deviation = g.add(g.op("Sqrt", [square]), scalars["floor"]!);
      const change = g.div(g.mul(mean, scalars["stride"]!), deviation);
      const kept = decays && weightDecay > 0 ? g.mul(weight, scalars["kept"]!) : weight;
      return { weight: g.sub(kept, change), slots: { mean, square } };
    },
  };
}
