import { sizeOf, toFloat32, type ChannelGroup, type GroupMember, type Scorer } from "@prune/core";

/**
 * Filter pruning via geometric median: `S_i = Σ_j ‖F_i − F_j‖₂` over the filters of a layer, a unit's filter being all
 * weights that make it. The filter nearest to the others' geometric median has the lowest sum: the others can stand in
 * for it, whatever its own norm. Where several layers make a unit, sums are added. Time grows with the square of the
 * number of filters.
 * Source: He et al. 2019, "Filter Pruning via Geometric Median", arXiv:1811.00250, sec. 3.
 * @returns importances, in units of a weight and at least 0; higher means keep
 */
export function fpgm(): Scorer {
  return {
    name: "fpgm",
    needs: [],
    weights: "incoming",
    scoreMember: (member, group) => distances(filtersOf(member, group)),
  };
}

/** The weights of every unit, side by side. */
function filtersOf({ tensor, axis, unitOf }: GroupMember, { size }: ChannelGroup): Float32Array[] {
  const data = toFloat32(tensor);
  const length = tensor.dims[axis]!;
  const inner = sizeOf(tensor.dims.slice(axis + 1));
  const units = Int32Array.from({ length }, (_, i) => unitOf(i));
  const slice = data.length / length;
  const filters = Array.from({ length: size }, (_, unit) => {
    const own = units.reduce((n, u) => n + Number(u === unit), 0);
    return new Float32Array(own * slice);
  });
  const filled = new Uint32Array(size);
  for (let at = 0, i = 0; at < data.length; at += inner, i = (i + 1) % length) {
    const unit = units[i]!;
    if (unit < 0) continue;
    filters[unit]!.set(data.subarray(at, at + inner), filled[unit]);
    filled[unit]! += inner;
  }
  return filters;
}

/** For each filter, the sum of its distances from all others. */
function distances(filters: readonly Float32Array[]): Float32Array {
  const sums = new Float64Array(filters.length);
  filters.forEach((a, i) => {
    for (let j = 0; j < i; j++) {
      const distance = Math.sqrt(squaredDistance(a, filters[j]!));
      sums[i]! += distance;
      sums[j]! += distance;
    }
  });
  return Float32Array.from(sums);
}

function squaredDistance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) {
    const d = a[k]! - b[k]!;
    sum += d * d;
  }
  return sum;
}
