import { isFloat } from "../graph/dtype.ts";
import { consumersOf, type Graph } from "../graph/graph.ts";
import { describeNode, type Node } from "../graph/node.ts";
import { sizeOf, type Tensor } from "../graph/tensor.ts";
import type { ChannelGroup, GroupKind, GroupMember } from "./channel-group.ts";
import type { Dim } from "./dims.ts";
import type { AxisRef } from "./link.ts";
import type { Operands } from "./operands.ts";
import { dequantized, type Quantized } from "./quantized.ts";
import type { Mark, Space } from "./space.ts";
import type { Units } from "./units.ts";

/** A group while it is being put together. */
export interface DraftGroup {
  readonly size: number;
  readonly dims: readonly Dim[];
  readonly features: Set<Node>;
  readonly members: GroupMember[];
  blocked: Mark | undefined;
  exact: boolean;
  kind: GroupKind;
  width: number;
}

/** An axis of a weight, and the layer that reads it. */
export interface WeightAxis {
  readonly tensor: Tensor;
  readonly axis: AxisRef;
  readonly node: Node;
}

export function weightAxes(graph: Graph, operands: Operands, quantized: ReadonlyMap<string, Quantized>): WeightAxis[] {
  const consumers = consumersOf(graph);
  return [...operands.constants.values()].flatMap((stored) => {
    const node = consumers.get(stored.name)?.[0];
    const integers = quantized.get(stored.name);
    const tensor = integers ? dequantized(integers) : stored;
    if (!node || !isFloat(tensor.dtype) || !sizeOf(tensor.dims)) return [];
    return tensor.dims.map((_, axis) => ({ tensor, axis: { value: tensor.name, axis }, node }));
  });
}

/** Groups that hold output features or contractions of weighted operators, by their index among all groups. */
export function draftGroups(graph: Graph, space: Space, units: Units): Map<number, DraftGroup> {
  const drafts = new Map<number, DraftGroup>();
  const groupsOfDim = (dim: Dim): Set<number> => {
    const ids = new Set<number>();
    for (let i = 0; i < space.dims.size(dim); i++) ids.add(units.groupOf(dim, i));
    return ids;
  };
  const draftsOf = (axis: AxisRef): DraftGroup[] =>
    space.dimsOf(axis).flatMap((dim) =>
      [...groupsOfDim(dim)].map((id) => {
        const { size, dims, blocked } = units.groups[id]!;
        const draft = drafts.get(id) ?? { size, dims, features: new Set(), members: [], blocked, exact: true, kind: "channels", width: 1 }; // prettier-ignore
        drafts.set(id, draft);
        return draft;
      }),
    );
  for (const { axis, node } of space.features) for (const draft of draftsOf(axis)) draft.features.add(node);
  markTokens(graph, space, draftsOf);
  for (const draft of drafts.values()) {
    const pinned = draft.dims.find((d) => space.pins.has(d));
    if (pinned !== undefined) draft.blocked = space.pins.get(pinned);
    else if (draft.size === 1) draft.blocked ??= { reason: "has a single unit", node: undefined };
    if (draft.dims.some((d) => space.heads.has(d))) draft.kind = "heads";
    else if (draft.dims.some((d) => space.blocks.has(d))) draft.kind = "blocks";
  }
  for (const { dim, index, mark } of space.indexPins) {
    const draft = drafts.get(units.groupOf(dim, index));
    if (draft) draft.blocked ??= mark;
  }
  return drafts;
}

/** Tables of tokens and their scores are groups of their own; an output that only is as wide as a vocabulary stays. */
function markTokens({ nodes }: Graph, space: Space, draftsOf: (axis: AxisRef) => DraftGroup[]): void {
  if (typeof space.vocabulary !== "object") return;
  const { tables, scores } = space.vocabulary;
  const readers = new Set(tables.map(({ value }) => value));
  for (const axis of tables) {
    for (const draft of draftsOf(axis)) {
      draft.kind = "tokens";
      for (const node of nodes) if (node.inputs.some((name) => readers.has(name))) draft.features.add(node);
    }
  }
  const inputs = new Set(space.features.filter((f) => f.role === "input").flatMap((f) => space.dimsOf(f.axis)));
  for (const axis of scores) {
    for (const draft of draftsOf(axis)) {
      if (draft.dims.some((dim) => inputs.has(dim)))
        draft.blocked ??= { reason: `feeds graph output "${axis.value}"`, node: undefined };
      else draft.kind = "tokens";
    }
  }
}

export function collectMembers(
  drafts: ReadonlyMap<number, DraftGroup>,
  axes: readonly WeightAxis[],
  space: Space,
  units: Units,
): void {
  const features = new Set(space.features.map((f) => `${f.axis.value}:${f.axis.axis}`));
  const inputs = new Set(space.features.filter((f) => f.role === "input").map((f) => `${f.axis.value}:${f.axis.axis}`));
  for (const { tensor, axis, node } of axes) {
    const list = space.dimsOf(axis);
    let inner = tensor.dims[axis.axis]!;
    for (const dim of list) {
      const size = space.dims.size(dim);
      inner /= size;
      const stride = inner;
      const ids = new Set<number>();
      for (let i = 0; i < size; i++) ids.add(units.groupOf(dim, i));
      for (const id of ids) {
        drafts.get(id)?.members.push({
          tensor,
          axis: axis.axis,
          node,
          role: inputs.has(`${axis.value}:${axis.axis}`) ? "input" : "output",
          unitOf: (index) => {
            const digit = Math.floor(index / stride) % size;
            return units.groupOf(dim, digit) === id ? units.unitOf(dim, digit) : -1;
          },
        });
      }
    }
  }
  for (const draft of drafts.values()) {
    const matrices = draft.members.filter((m) => features.has(`${m.tensor.name}:${m.axis}`));
    const widths = (matrices.length ? matrices : draft.members).map(
      (m) => countOf(m, m.tensor.dims[m.axis]!) / draft.size,
    );
    draft.width = Math.max(1, Math.round(Math.min(...widths)));
  }
}

function countOf(member: GroupMember, size: number): number {
  let count = 0;
  for (let i = 0; i < size; i++) if (member.unitOf(i) >= 0) count++;
  return count;
}

export function finishGroups(drafts: ReadonlyMap<number, DraftGroup>, space: Space): Map<number, ChannelGroup> {
  const ids = nameGroups(drafts, space);
  return new Map(
    [...drafts].map(([id, draft]) => [
      id,
      {
        id: ids.get(draft)!,
        kind: draft.kind,
        size: draft.size,
        width: draft.width,
        members: draft.members,
        layers: [...draft.features],
        blocked: draft.blocked,
        exact: draft.exact,
      },
    ]),
  );
}

/** Groups are called after the weight whose output features they hold; those that hold inputs alone come after them. */
function nameGroups(drafts: ReadonlyMap<number, DraftGroup>, space: Space): Map<DraftGroup, string> {
  const outputs = new Set(
    space.features.filter((f) => f.role === "output").map((f) => `${f.axis.value}:${f.axis.axis}`),
  );
  const ids = new Map<DraftGroup, string>();
  const counts = new Map<string, number>();
  const name = (draft: DraftGroup, tensor: string): void => {
    const count = (counts.get(tensor) ?? 0) + 1;
    counts.set(tensor, count);
    ids.set(draft, count === 1 ? tensor : `${tensor}#${count}`);
  };
  for (const draft of drafts.values()) {
    const first =
      draft.members.find((m) => outputs.has(`${m.tensor.name}:${m.axis}`)) ??
      draft.members.find((m) => m.role === "output" && draft.features.has(m.node));
    if (first) name(draft, first.tensor.name);
  }
  for (const draft of drafts.values()) {
    if (!ids.has(draft)) name(draft, draft.members[0]?.tensor.name ?? describeNode([...draft.features][0]!));
  }
  return ids;
}
