import { type Analysis, type ChannelGroup, editGraph, type GroupMember, type Model, sizeOf } from "@prune/core";

/** Which units of which groups are to die: 1 for each that is. */
export type Planted = ReadonlyMap<ChannelGroup, Uint8Array>;

/**
 * The model with zeros in all that makes some units: rows of weights, biases, scale and shift of normalisations. What
 * reads the units stays as it is.
 */
export function plant(model: Model, analysis: Analysis, dead: Planted): Model {
  const masks = new Map<string, Uint8Array>();
  for (const [{ members }, units] of dead) {
    for (const member of members) {
      if (member.role === "input" || isStatistic(member)) continue;
      const { tensor, axis, unitOf } = member;
      const mask = masks.get(tensor.name) ?? new Uint8Array(sizeOf(tensor.dims)).fill(1);
      const inner = sizeOf(tensor.dims.slice(axis + 1));
      for (let i = 0; i < mask.length; i++) if (units[unitOf(Math.floor(i / inner) % tensor.dims[axis]!)]) mask[i] = 0;
      masks.set(tensor.name, mask);
    }
  }
  return model.withGraph(editGraph(analysis.graph, { masks }));
}

/** Mean and variance of a BatchNormalization. */
const isStatistic = ({ node, tensor }: GroupMember): boolean =>
  node.opType === "BatchNormalization" && node.inputs.indexOf(tensor.name) >= 3;
