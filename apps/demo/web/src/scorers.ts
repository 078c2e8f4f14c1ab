import type { NetworkView } from "./engine/api.ts";
import type { PruningType } from "./settings.ts";

/** The scorers that a type of pruning can go by on a network, with the images at hand. */
export function usableScorers({ scorers, images }: NetworkView, type: PruningType): string[] {
  if (type === "weight") return [];
  return scorers
    .filter(({ needsData, weights }) => (type === "neuron" || weights) && (!needsData || images.fit))
    .map(({ name }) => name);
}
