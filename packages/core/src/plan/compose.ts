import { toFloat32 } from "../graph/tensor.ts";
import { Masks } from "../masks.ts";
import type { Analysis } from "../solver/analyze.ts";
import type { Cut } from "./cut.ts";
import type { Edits } from "./edits.ts";
import { keptPositions } from "./kept-positions.ts";
import { cutOfPlan, editsOfPlan, planOf, type Plan, type PlanAxis } from "./plan.ts";

/** What was done to an original so far, in terms of the original. */
export interface Done {
  readonly cut: Cut;
  readonly edits: Edits;
}

/**
 * What two decisions come to, the second made on what the first left.
 * @param original the analysis of the network before both
 * @param next the analysis of the network after the first
 * @param plan the second, in terms of that network
 * @throws {PruneError} `bad-plan` when the second cuts what cannot be cut in the original
 */
export function compose(original: Analysis, first: Done, next: Analysis, plan: Plan): Done {
  const earlier = planOf(original, first.cut);
  const axes = composedAxes(earlier.axes, plan.axes).filter(({ tensor }) => original.operands.constants.has(tensor));
  return {
    cut: cutOfPlan(original, { ...plan, axes }),
    edits: composedEdits(original, first, editsOfPlan(next, plan)),
  };
}

function composedAxes(first: readonly PlanAxis[], second: readonly PlanAxis[]): PlanAxis[] {
  const key = ({ tensor, axis }: PlanAxis): string => `${tensor}:${axis}`;
  const axes = new Map(first.map((axis) => [key(axis), axis]));
  for (const axis of second) {
    const before = axes.get(key(axis));
    axes.set(key(axis), before ? { ...before, keep: axis.keep.map((i) => before.keep[i]!) } : axis);
  }
  return [...axes.values()];
}

/** Writes the second's masks and values to where their elements are in the original. */
function composedEdits(original: Analysis, { cut, edits }: Done, second: Edits): Edits {
  const constants = original.operands.constants;
  const masks = new Masks(edits.masks ?? new Map<string, Uint8Array>());
  for (const [name, mask] of second.masks ?? []) {
    if (!constants.has(name)) continue;
    const whole = masks.get(name)?.slice() ?? new Uint8Array(toFloat32(constants.get(name)!).length).fill(1);
    keptPositions(original, cut, name).forEach((at, i) => (whole[at]! &= mask[i]!));
    masks.add(name, whole);
  }
  const values = new Map(edits.values);
  for (const [name, own] of second.values ?? []) {
    if (!constants.has(name)) continue;
    const whole = Float32Array.from(values.get(name) ?? toFloat32(constants.get(name)!));
    keptPositions(original, cut, name).forEach((at, i) => (whole[at] = own[i]!));
    values.set(name, whole);
  }
  return {
    masks,
    values,
    bypassed: new Map([...(edits.bypassed ?? []), ...(second.bypassed ?? [])]),
    dropped: new Set([...(edits.dropped ?? []), ...(second.dropped ?? [])]),
  };
}
