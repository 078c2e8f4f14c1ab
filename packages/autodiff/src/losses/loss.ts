import type { Emitter, LossNetwork, LossValue } from "@prune/core";

export type { Loss, LossContext } from "@prune/core";

/** The output that a loss reads: the first, unless a name is given. */
export const outputOf = (network: LossNetwork, name: string | undefined): LossValue =>
  name === undefined ? network.outputs[0]! : network.value(name);

/** The mean of all elements. */
export const meanOf = (g: Emitter, x: string): string => g.op("ReduceMean", [x], { keepdims: 0 });
