import { isFloat } from "../graph/dtype.ts";
import { consumersOf, producersOf, type Graph } from "../graph/graph.ts";
import { describeNode, type Node } from "../graph/node.ts";
import { sizeOf, type Tensor } from "../graph/tensor.ts";
import type { OpHandler } from "../ops/define-op.ts";
import { liftBodies, type Bodies, type Part, type Prepared } from "../passes/bodies.ts";
import { inlineIfs } from "../passes/inline-ifs.ts";
import { unshare } from "../passes/unshare.ts";
import type { ChannelGroup, GroupKind, GroupMember } from "./channel-group.ts";
import type { Dim } from "./dims.ts";
import { inexactness } from "./exactness.ts";
import { handlersFor, type HandlerLookup } from "./handlers.ts";
import { linearLayers, type LinearLayer } from "./linear-layers.ts";
import type { AxisRef } from "./link.ts";
import { operandsOf, type Operands } from "./operands.ts";
import type { Shapes } from "./probe.ts";
import { dequantized, quantizedConstants, type Quantized } from "./quantized.ts";
import { chooseReadings, type HeadsOption } from "./readings.ts";
import type { DimSizes } from "./sample-inputs.ts";
import { buildSpace, type Mark, type Space } from "./space.ts";
import { findUnits, type Units } from "./units.ts";

/** What may be cut. */
export interface AnalyzeOptions {
  /** Whether to free groups whose cut is not exact, such as the width of a residual stream under LayerNorm. Default false. */
  readonly width?: boolean;
  /** What attention loses: whole heads, the head dimension, both, or nothing. Default "whole". */
  readonly heads?: HeadsOption;
  /**
   * Whether to free rows of the table of tokens and the scores of tokens, as groups of their own kind: ids of tokens are
   * counted anew where some go. Default false.
   */
  readonly vocabulary?: boolean;
  /**
   * Whether a layer keeps its outputs, or a cache its shape; called with the names of nodes, of weights, and of inputs and
   * outputs that are caches. Default: none does.
   */
  readonly ignore?: (name: string) => boolean;
  /** Rules for operators that core does not describe, or describes otherwise. */
  readonly operators?: readonly OpHandler[];
  /** Whether weights inside the bodies of If, Loop and Scan are cut too. Default true. */
  readonly bodies?: boolean;
}

/** A layer with weights, and what can become of it. */
export interface Layer {
  readonly node: Node;
  /** The constant its weights are, or are computed from. */
  readonly weight: Tensor | undefined;
  /** Groups of the weight's output features and of its inputs. */
  readonly groups: readonly { readonly group: ChannelGroup; readonly role: "output" | "input" }[];
}

/** Everything known about what can be cut from a graph. */
export interface Analysis {
  /** The graph as given, without branches that are never taken, and with bodies beside it. */
  readonly original: Graph;
  /** The graph that groups and plans speak of: as given, with shared constants given to each layer. */
  readonly graph: Graph;
  /** Where bodies belong that stand beside the graph instead of inside its nodes. */
  readonly bodies: Bodies;
  readonly shapes: Shapes;
  readonly space: Space;
  readonly units: Units;
  readonly operands: Operands;
  /** Constants whose integers stand for real numbers, by name. */
  readonly quantized: ReadonlyMap<string, Quantized>;
  readonly lookup: HandlerLookup;
  /** Parameters that the original stores once for several layers: name of the copy → name of the original. */
  readonly aliases: ReadonlyMap<string, string>;
  /** All groups with weights, free ones and blocked ones. */
  readonly groups: readonly ChannelGroup[];
  readonly layers: readonly Layer[];
  /** The matrices of weights, in graph order: what scorers of single weights and recovery work on. */
  readonly linear: readonly LinearLayer[];
  /** Whether the caller wants a layer left as it is; goes by the names of its node and of its weights. */
  readonly ignored: (layer: Pick<LinearLayer, "node" | "tensor">) => boolean;
  /** Position of a group among `units.groups`. */
  readonly indexOf: (group: ChannelGroup) => number;
}

/** Finds what can be cut: links all slices of a graph and groups those that live and die together. */
export async function analyze(
  given: Graph,
  shapes: (graph: Graph, sizes?: DimSizes) => Promise<Shapes>,
  options: AnalyzeOptions = {},
): Promise<Analysis> {
  const copies = new Map<string, number>();
  const prepare = (graph: Graph, sizes?: DimSizes): Promise<Prepared> => prepared(graph, (g) => shapes(g, sizes), copies); // prettier-ignore
  return analyzePart(await liftBodies(given, prepare, options.bodies !== false), options);
}

/** @param copies made in the parts of the graph that were prepared before: bodies read the parameters of those around them */
async function prepared(
  given: Graph,
  shapesOf: (graph: Graph) => Promise<Shapes>,
  copies: Map<string, number>,
): Promise<Prepared> {
  let original = given;
  for (;;) {
    const own = new Map(copies);
    const graph = unshare(original, own);
    const shapes = await shapesOf(graph);
    const inlined = inlineIfs(original, shapes.ints);
    if (inlined === original) {
      for (const [name, count] of own) copies.set(name, count);
      return { original, graph, shapes };
    }
    original = inlined;
  }
}

function analyzePart({ original, graph, shapes, bodies }: Part, options: AnalyzeOptions): Analysis {
  const operands = operandsOf(graph, shapes);
  const lookup = handlersFor(graph, options.operators);
  const space = buildSpace({ graph, lookup, operands, bodies, ignore: options.ignore }, options.vocabulary);
  const quantized = quantizedConstants(graph, lookup, operands);
  const axes = weightAxes(graph, operands, quantized);
  const dims = allDims(graph, operands, space);
  const units = findUnits(space, dims);

  // Both names are asked for, so that a pattern is known to match whichever of them it means.
  const isIgnored: Analysis["ignored"] = ({ node, tensor }) =>
    [node.name, tensor.name].filter((name) => options.ignore?.(name)).length > 0;

  const drafts = draftGroups(graph, space, units);
  const mark = inexactness(graph, lookup, operands, space, quantized);
  for (const draft of drafts.values()) {
    const inexact = draft.blocked ? undefined : mark(new Set(draft.dims));
    draft.exact = !inexact;
    if (inexact && !options.width)
      draft.blocked = { reason: `${inexact.reason}: cutting it is not exact (--width allows it)`, node: inexact.node };
  }
  collectMembers(drafts, axes, space, units);
  for (const draft of drafts.values()) {
    const ignored = draft.members.find((m) => m.role === "output" && isIgnored(m));
    if (ignored && !draft.blocked) draft.blocked = { reason: "is ignored by option", node: ignored.node };
  }
  chooseReadings(drafts, axes, space, options.heads ?? "whole");
  const groups = finishGroups(drafts, space);
  const ids = new Map([...groups].map(([id, group]) => [group, id]));
  return lazilyLinear({
    original,
    graph,
    bodies,
    aliases: aliasesOf(original, graph),
    shapes,
    space,
    units,
    operands,
    quantized,
    lookup,
    groups: [...groups.values()],
    layers: layersOf(graph, space, units, operands, groups),
    ignored: isIgnored,
    indexOf: (group) => ids.get(group)!,
  });
}

/** Adds the linear layers, found when they are first asked for. */
export function lazilyLinear(parts: Omit<Analysis, "linear">): Analysis {
  let known: LinearLayer[] | undefined;
  return {
    ...parts,
    get linear() {
      return (known ??= linearLayers(parts.graph, parts.lookup, parts.operands, parts.quantized));
    },
  };
}

function aliasesOf(original: Graph, graph: Graph): Map<string, string> {
  const aliases = new Map<string, string>();
  for (const node of original.nodes) {
    const [name, source] = [node.outputs[0] ?? "", node.inputs[0] ?? ""];
    if (!original.parameters.has(name) && graph.parameters.has(name)) aliases.set(name, aliases.get(source) ?? source);
  }
  return aliases;
}

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

function weightAxes(graph: Graph, operands: Operands, quantized: Analysis["quantized"]): WeightAxis[] {
  const consumers = consumersOf(graph);
  return [...operands.constants.values()].flatMap((stored) => {
    const node = consumers.get(stored.name)?.[0];
    const integers = quantized.get(stored.name);
    const tensor = integers ? dequantized(integers) : stored;
    if (!node || !isFloat(tensor.dtype) || !sizeOf(tensor.dims)) return [];
    return tensor.dims.map((_, axis) => ({ tensor, axis: { value: tensor.name, axis }, node }));
  });
}

function allDims(graph: Graph, operands: Operands, space: Space): Dim[] {
  const dims = new Set<Dim>();
  const names = [
    ...operands.constants.keys(),
    ...graph.inputs.map((v) => v.name),
    ...graph.nodes.flatMap((n) => n.outputs),
  ];
  for (const name of names) {
    const operand = operands.of(name);
    for (let i = 0; i < (operand?.rank ?? 0); i++) for (const dim of space.dimsOf(operand!.axis(i))) dims.add(dim);
  }
  for (const { from, to } of space.indexLinks) dims.add(from).add(to);
  return [...dims];
}

/** Groups that hold output features or contractions of weighted operators, by their index among all groups. */
function draftGroups(graph: Graph, space: Space, units: Units): Map<number, DraftGroup> {
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

function collectMembers(
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

function finishGroups(drafts: ReadonlyMap<number, DraftGroup>, space: Space): Map<number, ChannelGroup> {
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

/** The constant that a weight is, or is computed from: behind Identity, Transpose, Cast and the like. */
function constantBehind(value: string, operands: Operands, producers: ReadonlyMap<string, Node>): Tensor | undefined {
  const constant = operands.constants.get(value);
  const source = producers.get(value)?.inputs[0];
  if (constant || source === undefined || !operands.of(source)?.isWeight) return constant;
  return constantBehind(source, operands, producers);
}

function layersOf(
  graph: Graph,
  space: Space,
  units: Units,
  operands: Operands,
  groups: ReadonlyMap<number, ChannelGroup>,
): Layer[] {
  const producers = producersOf(graph);
  const layers = new Map<Node, { weight: Tensor | undefined; groups: Map<ChannelGroup, "output" | "input"> }>();
  for (const { axis, role, node } of space.features) {
    const layer = layers.get(node) ?? { weight: undefined, groups: new Map() };
    layers.set(node, layer);
    layer.weight ??= constantBehind(axis.value, operands, producers);
    for (const dim of space.dimsOf(axis)) {
      for (let i = 0; i < space.dims.size(dim); i++) {
        const group = groups.get(units.groupOf(dim, i));
        if (group && layer.groups.get(group) !== "output") layer.groups.set(group, role);
      }
    }
  }
  return [...layers].map(([node, { weight, groups: own }]) => ({
    node,
    weight,
    groups: [...own].map(([group, role]) => ({ group, role })),
  }));
}
