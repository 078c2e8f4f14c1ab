import { type Analysis, constantsOf, sizeOf, type Tensor } from "@prune/core";
import { errorUnknownValue } from "./errors.ts";
import type { Forward } from "./forward.ts";

/** Which weights are trained: names, or a rule; default all. */
export type Trainable = readonly string[] | ((weight: Tensor) => boolean);

/**
 * The float tensors of a network that may be trained: by default its initializers of at least two elements (where it
 * has none, as some exporters write, its Constant nodes of that size), but never stored statistics.
 */
export function trainableWeights(
  { network, statistics }: Pick<Forward, "network" | "statistics">,
  chosen?: Trainable,
): Tensor[] {
  const all = floatConstants({ network, statistics });
  if (chosen && typeof chosen !== "function") {
    const byName = new Map(all.map((tensor) => [tensor.name, tensor]));
    return chosen.map((name) => {
      const tensor = byName.get(name);
      if (!tensor) throw errorUnknownValue(name, "trainable float tensor");
      return tensor;
    });
  }
  const large = (tensor: Tensor): boolean => sizeOf(tensor.dims) >= 2;
  const initializers = all.filter((tensor) => network.parameters.has(tensor.name) && large(tensor));
  const weights = initializers.length ? initializers : all.filter(large);
  return chosen ? weights.filter(chosen) : weights;
}

/** All float tensors of a network but stored statistics. */
export const floatConstants = ({ network, statistics }: Pick<Forward, "network" | "statistics">): Tensor[] =>
  [...constantsOf(network).values()].filter((t) => t.dtype === "float32" && !statistics.has(t.name));

/** The constants that importance is asked of: those of linear layers and channel groups. */
export function weightsOf({ linear, groups }: Analysis): Set<string> {
  const layers = linear.flatMap(({ tensor, bias }) => (bias ? [tensor.name, bias.name] : [tensor.name]));
  return new Set([...layers, ...groups.flatMap(({ members }) => members.map(({ tensor }) => tensor.name))]);
}
