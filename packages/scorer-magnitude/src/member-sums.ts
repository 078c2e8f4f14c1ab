import { sizeOf, sumAlong, tensorOf, type ChannelGroup, type Norm, type Tensor } from "@prune/core";

/** One weight tensor's part in the units of a group. */
export interface MemberSums {
  /** Sum of |w| or w² over the weights that would leave with each unit. */
  readonly sums: Float64Array;
  /** How many weights those are. */
  readonly counts: Float64Array;
  /** The sum over the whole tensor, also over what belongs to none of the group's units. */
  readonly total: number;
}

/** The parts that a group's weights have in its units, a member at a time. */
export function* memberSums(group: ChannelGroup, norm: Norm): Generator<MemberSums> {
  const read = new Map<Tensor, Tensor>();
  for (const { tensor, axis, unitOf } of group.members) {
    // A tensor whose rows and columns are both members is read once.
    const own = read.get(tensor) ?? tensorOf(tensor.name, tensor.dtype, tensor.dims, tensor.bytes());
    read.set(tensor, own);
    const along = sumAlong(own, axis, norm);
    const slice = sizeOf(tensor.dims) / along.length;
    const sums = new Float64Array(group.size);
    const counts = new Float64Array(group.size);
    let total = 0;
    for (let i = 0; i < along.length; i++) {
      total += along[i]!;
      const unit = unitOf(i);
      if (unit < 0) continue;
      sums[unit]! += along[i]!;
      counts[unit]! += slice;
    }
    yield { sums, counts, total };
  }
}

/** For each unit of a group, the sum of |w| or w² over all weights that would leave with it, and their number. */
export function unitSums(group: ChannelGroup, norm: Norm): Pick<MemberSums, "sums" | "counts"> {
  const sums = new Float64Array(group.size);
  const counts = new Float64Array(group.size);
  for (const member of memberSums(group, norm)) {
    for (let unit = 0; unit < sums.length; unit++) {
      sums[unit]! += member.sums[unit]!;
      counts[unit]! += member.counts[unit]!;
    }
  }
  return { sums, counts };
}
