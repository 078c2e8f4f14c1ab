import { mapWeights, type Scorer } from "@prune/core";

export interface MyThingOptions {
  /** Power that magnitudes are raised to, above 0. Default 1. */
  readonly power?: number;
}

/**
 * Importance of a weight, `|w|^power`; of a unit (a channel, a neuron, a head), the sum over all weights that would leave
 * with it. Higher means keep.
 *
 * Say here what paper it is from. A scorer that looks at more than weights names it under `needs`: "activations" are then
 * in `context.evidence.get("activations")`, "gradients" and "hessian" likewise.
 */
export function myThing({ power = 1 }: MyThingOptions = {}): Scorer {
  return {
    name: "my-thing",
    needs: [],
    scoreWeights: (layer) => mapWeights(layer, (w) => Math.abs(w) ** power),
  };
}
