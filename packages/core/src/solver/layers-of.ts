import { producersOf, type Graph } from "../graph/graph.ts";
import type { Node } from "../graph/node.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Layer } from "./analyze.ts";
import type { ChannelGroup } from "./channel-group.ts";
import type { Operands } from "./operands.ts";
import type { Space } from "./space.ts";
import type { Units } from "./units.ts";

/** The constant that a weight is, or is computed from: behind Identity, Transpose, Cast and the like. */
function constantBehind(value: string, operands: Operands, producers: ReadonlyMap<string, Node>): Tensor | undefined {
  const constant = operands.constants.get(value);
  const source = producers.get(value)?.inputs[0];
  if (constant || source === undefined || !operands.of(source)?.isWeight) return constant;
  return constantBehind(source, operands, producers);
}

/** Layers in graph order, with the groups of what they yield and read. */
export function layersOf(
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
