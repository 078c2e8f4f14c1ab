import type { Scorer } from "@prune/core";
import { perWeight, withGradient } from "./per-weight.ts";

/**
 * Gradient: `S_w = |g_w|`, `g = dL/dw` being the mean over the calibration set; of a unit the sum over all weights that
 * would leave with it. What the loss hardly reacts to goes first. In a network trained to the end mean gradients vanish,
 * and `taylor` or `fisher` tell more.
 * Source: the sensitivity of Mozer & Smolensky 1988, "Skeletonization", NIPS 1, sec. 2, with the weight itself for the gate.
 * @returns importances, in units of the loss per unit of a weight and at least 0; higher means keep
 */
export function gradient(): Scorer {
  return { name: "gradient", needs: ["gradients"], ...perWeight(withGradient((_, g) => Math.abs(g))) };
}
