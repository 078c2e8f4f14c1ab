import { sizeOf, sumAlong, type ChannelGroup, type GroupMember, type Norm } from "@prune/core";

/** One weight tensor's part in the units of a group. */
export interface MemberSums {
  /** Sum of |w| or w² over the weights that would leave with each unit. */
  readonly sums: Float64Array;
  /** The sum over the whole tensor, also over what belongs to none of the group's units. */
  readonly total: number;
}

export function memberSums({ tensor, axis, unitOf }: GroupMember, { size }: ChannelGroup, norm: Norm): MemberSums {
  const sums = new Float64Array(size);
  let total = 0;
  sumAlong(tensor, axis, norm).forEach((sum, i) => {
    const unit = unitOf(i);
    total += sum;
    if (unit >= 0) sums[unit]! += sum;
  });
  return { sums, total };
}

/** For each unit of a group, the number of weights that would leave with it. */
export function weightsPerUnit({ members, size }: ChannelGroup): Float64Array {
  const counts = new Float64Array(size);
  for (const { tensor, axis, unitOf } of members) {
    const length = tensor.dims[axis]!;
    const slice = sizeOf(tensor.dims) / length;
    for (let i = 0; i < length; i++) if (unitOf(i) >= 0) counts[unitOf(i)]! += slice;
  }
  return counts;
}

/** What a function says of a group, computed once. */
export function oncePerGroup<T>(of: (group: ChannelGroup) => T): (group: ChannelGroup) => T {
  const known = new WeakMap<ChannelGroup, { readonly value: T }>();
  return (group) => {
    const found = known.get(group) ?? { value: of(group) };
    known.set(group, found);
    return found.value;
  };
}
