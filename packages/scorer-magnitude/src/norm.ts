import { sumAlong, type ChannelGroup, type Norm } from "@prune/core";

/** For each unit of a group, the sum of |w| or w² over all weights that would leave the model with it. */
export function unitNorms(group: ChannelGroup, norm: Norm): Float64Array {
  const sums = new Float64Array(group.size);
  for (const { tensor, axis, unitOf } of group.members) {
    sumAlong(tensor, axis, norm).forEach((sum, i) => {
      const unit = unitOf(i);
      if (unit >= 0) sums[unit]! += sum;
    });
  }
  return sums;
}
