import type { Analysis } from "./analyze.ts";
import type { ChannelGroup, GroupMember } from "./channel-group.ts";
import type { AxisRef } from "./link.ts";

/** For each index of an axis, the unit of a group that it belongs to; −1 where it is none of the group's. Undefined where none is. */
export function unitsAlong(
  { space, units, operands, indexOf }: Analysis,
  group: ChannelGroup,
  axis: AxisRef,
): Int32Array | undefined {
  const size = operands.of(axis.value)?.dims[axis.axis] ?? 0;
  const id = indexOf(group);
  let stride = size;
  let found: Int32Array | undefined;
  for (const dim of space.dimsOf(axis)) {
    const n = space.dims.size(dim);
    stride /= n;
    for (let i = 0; i < n; i++) {
      if (units.groupOf(dim, i) !== id) continue;
      found ??= new Int32Array(size).fill(-1);
      const unit = units.unitOf(dim, i);
      for (let outer = i * stride; outer < size; outer += n * stride) found.fill(unit, outer, outer + stride);
    }
  }
  return found;
}

/**
 * What is known of activations, unit by unit: the mean over a unit's indices along what a member's layer reads (for a
 * member that holds inputs) or yields (for one that holds outputs).
 * @param valuesOf one number per index of an axis
 */
export function unitMeans(
  analysis: Analysis,
  group: ChannelGroup,
  { tensor, role }: GroupMember,
  valuesOf: (axis: AxisRef) => ArrayLike<number>,
): Float32Array {
  const [sums, counts] = [new Float64Array(group.size), new Float64Array(group.size)];
  const layer = analysis.linear.find((l) => l.tensor.name === tensor.name);
  const axis = layer && (role === "input" ? layer.input : layer.output);
  const units = axis && unitsAlong(analysis, group, axis);
  if (units) {
    const values = valuesOf(axis);
    units.forEach((unit, i) => {
      if (unit < 0) return;
      sums[unit]! += values[i]!;
      counts[unit]!++;
    });
  }
  return Float32Array.from(sums, (sum, unit) => sum / Math.max(1, counts[unit]!));
}
