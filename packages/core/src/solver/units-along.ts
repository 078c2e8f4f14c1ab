import type { Analysis } from "./analyze.ts";
import type { ChannelGroup } from "./channel-group.ts";
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
