import { sizeOf, sumAlong, type ChannelGroup, type GroupMember, type Norm } from "@prune/core";

/** For each unit of a group, the sum of |w| or w² over one member tensor's weights. */
export function memberSums(group: ChannelGroup, { tensor, axis, unitOf }: GroupMember, norm: Norm): Float64Array {
  const sums = new Float64Array(group.size);
  sumAlong(tensor, axis, norm).forEach((sum, i) => {
    const unit = unitOf(i);
    if (unit >= 0) sums[unit]! += sum;
  });
  return sums;
}

/** For each unit of a group, the sum of |w| or w² over all weights that would leave with it, and their number. */
export function unitWeights(group: ChannelGroup, norm: Norm): { sums: Float64Array; counts: Float64Array } {
  const sums = new Float64Array(group.size);
  const counts = new Float64Array(group.size);
  for (const member of group.members) {
    memberSums(group, member, norm).forEach((sum, i) => (sums[i]! += sum));
    const size = member.tensor.dims[member.axis]!;
    for (let i = 0; i < size; i++) {
      const unit = member.unitOf(i);
      if (unit >= 0) counts[unit]! += sizeOf(member.tensor.dims) / size;
    }
  }
  return { sums, counts };
}
