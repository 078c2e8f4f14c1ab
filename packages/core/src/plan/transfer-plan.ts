import { errorBadPlan } from "../errors.ts";
import { contentOf } from "../graph/content.ts";
import { holdsWeights } from "../graph/dtype.ts";
import { sizeOf, type Tensor } from "../graph/tensor.ts";
import type { Analysis } from "../solver/analyze.ts";
import type { ChannelGroup } from "../solver/channel-group.ts";
import { cutOf } from "./cut.ts";
import { type Plan, type PlanAxis, planOf } from "./plan.ts";
import { removeAxis } from "./remove-axis.ts";

/**
 * What a plan makes of another model that shares weights with the one it was made for, under whatever names: such as later
 * steps of a decoder whose first step is a file of its own. A weight is cut where one with the same elements was; what only
 * one of the two has follows.
 * @param from of the model that the plan was made for
 * @param to of the other model, with the same options
 * @param sha256 of the other model's file
 * @throws {PruneError} `bad-plan` where they share no weight that the plan cuts, cannot be cut alike, or the plan does more
 * than cut
 */
export function transferPlan(plan: Plan, from: Analysis, to: Analysis, sha256?: string): Plan {
  for (const [what, list] of [
    ["takes out nodes", plan.removedNodes],
    ["sets single weights to zero", plan.masks],
    ["gives weights new values", plan.values],
  ] as const)
    // prettier-ignore
    if (list.length) throw errorBadPlan(`The plan ${what}: it can be carried out on the model it was made for alone.`);
  const cuts = cutsByContent(plan, from);
  const wanted = new Map<string, readonly PlanAxis[]>();
  for (const tensor of to.operands.constants.values()) {
    const axes = isMatched(tensor) ? cuts.get(contentOf(tensor)) : undefined;
    if (axes !== undefined && axes !== "ambiguous") wanted.set(tensor.name, axes.map((axis) => ({ ...axis, tensor: tensor.name }))); // prettier-ignore
  }
  const removed = new Map<ChannelGroup, Uint8Array>();
  const groups = new Map(to.groups.map((group) => [to.indexOf(group), group]));
  for (const axis of [...wanted.values()].flat()) removeAxis(to, groups, axis, removed);
  if (!removed.size) throw errorBadPlan("The model shares no weight with the one that the plan was made for, of those that it cuts."); // prettier-ignore
  const blocked = [...removed.keys()].find((group) => group.blocked);
  if (blocked) throw errorBadPlan(`The plan cuts "${blocked.id}", which ${blocked.blocked!.reason} in this model.`);
  const cut = cutOf(to, removed);
  for (const [name, axes] of wanted) {
    if (textOf(axes) !== textOf(Array.from(cut.axesOf(name), ([axis, keep]) => ({ axis, keep: Array.from(keep) }))))
      throw errorBadPlan(`The plan cuts what "${name}" holds in a way that this model cannot follow.`);
  }
  return planOf(to, cut, sha256);
}

type Kept = readonly Pick<PlanAxis, "axis" | "keep">[];

const textOf = (axes: Kept): string =>
  axes
    .toSorted((a, b) => a.axis - b.axis)
    .map(({ axis, keep }) => `${axis}: ${keep.join()}`)
    .join("; ");

/** What the plan does to weights, by what they hold; those that are equal by chance may be cut in several ways. */
function cutsByContent({ axes }: Plan, { operands }: Analysis): Map<string, readonly PlanAxis[] | "ambiguous"> {
  const byTensor = new Map<string, PlanAxis[]>();
  for (const axis of axes) byTensor.set(axis.tensor, [...(byTensor.get(axis.tensor) ?? []), axis]);
  const missing = [...byTensor.keys()].find((name) => !operands.constants.has(name));
  if (missing !== undefined) throw errorBadPlan(`The plan cuts "${missing}", which the model does not have.`);
  const found = new Map<string, readonly PlanAxis[] | "ambiguous">();
  for (const tensor of operands.constants.values()) {
    if (!isMatched(tensor)) continue;
    const [key, own] = [contentOf(tensor), byTensor.get(tensor.name) ?? []];
    const known = found.get(key);
    found.set(key, known === undefined || (known !== "ambiguous" && textOf(known) === textOf(own)) ? own : "ambiguous");
  }
  return found;
}

/** Scalars, and integers that count something, are equal everywhere. */
const isMatched = ({ dtype, dims }: Tensor): boolean => holdsWeights(dtype) && sizeOf(dims) > 1;
