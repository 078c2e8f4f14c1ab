import type { Graph } from "../graph/graph.ts";
import type { Node } from "../graph/node.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { OpHandler } from "../ops/define-op.ts";
import { liftBodies, type Bodies, type Part, type Prepared } from "../passes/bodies.ts";
import { inlineIfs } from "../passes/inline-ifs.ts";
import { unshare } from "../passes/unshare.ts";
import type { ChannelGroup } from "./channel-group.ts";
import type { Dim } from "./dims.ts";
import { collectMembers, draftGroups, finishGroups, weightAxes } from "./draft-groups.ts";
import { inexactness } from "./exactness.ts";
import { handlersFor, type HandlerLookup } from "./handlers.ts";
import { layersOf } from "./layers-of.ts";
import { linearLayers, type LinearLayer } from "./linear-layers.ts";
import { operandsOf, type Operands } from "./operands.ts";
import type { Shapes } from "./probe.ts";
import { quantizedConstants, type Quantized } from "./quantized.ts";
import { chooseReadings, type HeadsOption } from "./readings.ts";
import type { DimSizes } from "./sample-inputs.ts";
import { buildSpace, type Space } from "./space.ts";
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
