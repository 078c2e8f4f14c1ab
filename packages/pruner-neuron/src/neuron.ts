import { allocate, checkLevels, type Allocation, type LevelOptions, type Pruner } from "@prune/core";

export interface NeuronOptions extends LevelOptions {
  /** How the target is shared out among groups. Default "uniform": every group loses the same fraction. */
  readonly allocation?: Allocation;
}

/**
 * Removes whole neurons: channels of convolutions, hidden units, attention heads, recurrent units. The model gets
 * physically smaller; what stays is untouched.
 * @throws {PruneError} `bad-option` for bounds that make no sense
 */
export function neuron({ allocation = "uniform", ...levels }: NeuronOptions = {}): Pruner {
  checkLevels(levels);
  return { name: "neuron", decide: async (context) => ({ removed: await allocate(context, allocation, levels) }) };
}
