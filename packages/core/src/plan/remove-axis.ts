import { errorBadPlan } from "../errors.ts";
import type { Analysis } from "../solver/analyze.ts";
import type { ChannelGroup } from "../solver/channel-group.ts";
import type { PlanAxis } from "./plan.ts";

/** Adds to what is removed the units that an axis of a plan does without. @throws {PruneError} `bad-plan` */
export function removeAxis(
  analysis: Analysis,
  groups: ReadonlyMap<number, ChannelGroup>,
  { tensor, axis, size, keep }: PlanAxis,
  removed: Map<ChannelGroup, Uint8Array>,
): void {
  const dims = analysis.operands.constants.get(tensor)?.dims;
  if (!dims) throw errorBadPlan(`The plan cuts "${tensor}", which the model does not have.`);
  if (dims[axis] !== size)
    throw errorBadPlan(
      `The plan says axis ${axis} of "${tensor}" has size ${size}; the model's is ${dims[axis] ?? "missing"}.`,
    );
  const { space, units } = analysis;
  const list = space.dimsOf({ value: tensor, axis });
  let stride = size;
  for (const dim of list) {
    const n = space.dims.size(dim);
    stride /= n;
    const alive = new Uint8Array(n);
    for (const index of keep) alive[Math.floor(index / stride) % n] = 1;
    for (let i = 0; i < n; i++) {
      if (alive[i]) continue;
      const group = groups.get(units.groupOf(dim, i));
      if (!group)
        throw errorBadPlan(
          `The plan cuts index ${i} of axis ${axis} of "${tensor}", which belongs to no group of channels.`,
        );
      const gone = removed.get(group) ?? new Uint8Array(group.size);
      gone[units.unitOf(dim, i)] = 1;
      removed.set(group, gone);
    }
  }
}
