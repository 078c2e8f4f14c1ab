import type { Graph } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import { keepSlices } from "../plan/slice.ts";
import type { Analysis } from "../solver/analyze.ts";
import type { ChannelGroup, GroupMember } from "../solver/channel-group.ts";

/**
 * The graph with the units of a group in another order: unit u gets the weights of unit `order[u]`, in every member.
 * What the network computes stays the same, since nothing outside of a group knows the order of its units.
 */
export function permuteUnits({ graph }: Analysis, group: ChannelGroup, order: ArrayLike<number>): Graph {
  const parameters = new Map(graph.parameters);
  for (const { tensor } of group.members) parameters.set(tensor.name, permuteTensor(tensor, group, order));
  // A Constant node gives way to a parameter of the same name.
  return { ...graph, parameters, nodes: graph.nodes.filter((n) => !parameters.has(n.outputs[0] ?? "")) };
}

/** A tensor in the layout of a group's weight of the same name, with units in another order. */
export function permuteTensor(tensor: Tensor, group: ChannelGroup, order: ArrayLike<number>): Tensor {
  return group.members
    .filter((member) => member.tensor.name === tensor.name)
    .reduce((moved, member) => permuted(moved, member, order), tensor);
}

function permuted(tensor: Tensor, { axis, unitOf }: GroupMember, order: ArrayLike<number>): Tensor {
  const indices = sourcesOf(tensor.dims[axis]!, unitOf, order);
  const { origin, ...rest } = keepSlices(tensor, new Map([[axis, indices]]));
  void origin; // the file's bytes no longer stand for this tensor
  return rest;
}

/** For each index of an axis, the index whose place it takes when unit u becomes what unit `order[u]` was. */
export function sourcesOf(length: number, unitOf: (index: number) => number, order: ArrayLike<number>): number[] {
  const sources = Array.from({ length }, (_, i) => i);
  const places: number[][] = Array.from(order, () => []);
  for (const i of sources) places[unitOf(i)]?.push(i);
  places.forEach((own, unit) => own.forEach((to, k) => (sources[to] = places[order[unit]!]![k]!)));
  return sources;
}
