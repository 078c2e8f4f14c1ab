import type { Optimizer } from "./optimizer.ts";

export interface SgdOptions {
  /** Default 0.02; 0.05 with momentum 0.9 is already too much for a small convolutional network. */
  readonly learningRate?: number;
  /** Default 0.9. */
  readonly momentum?: number;
  /** Nesterov's form: looks ahead along the momentum. Default false. */
  readonly nesterov?: boolean;
  /** Added to the gradient: `weightDecay · w`. Default 0. */
  readonly weightDecay?: number;
}

/**
 * Stochastic gradient descent with momentum: `v ← μ·v + g`, `w ← w − lr·v`.
 * Source: Sutskever et al. 2013, "On the importance of initialization and momentum in deep learning", in the form
 * without lr in v.
 */
export function sgd({
  learningRate = 0.02,
  momentum = 0.9,
  nesterov = false,
  weightDecay = 0,
}: SgdOptions = {}): Optimizer {
  return {
    name: "sgd",
    learningRate,
    slots: momentum > 0 ? ["momentum"] : [],
    scalars: (_, rate) => ({ rate }),
    update({ g, weight, gradient, slots, scalars, decays }) {
      const whole = decays && weightDecay > 0 ? g.add(gradient, g.scale(weight, weightDecay)) : gradient;
      if (slots["momentum"] === undefined) return { weight: g.sub(weight, g.mul(whole, scalars["rate"]!)), slots: {} };
      const velocity = g.add(g.scale(slots["momentum"], momentum), whole);
      const direction = nesterov ? g.add(whole, g.scale(velocity, momentum)) : velocity;
      return { weight: g.sub(weight, g.mul(direction, scalars["rate"]!)), slots: { momentum: velocity } };
    },
  };
}
