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
  for (const member of group.members) {
    const { name } = member.tensor;
    parameters.set(name, permuted(parameters.get(name) ?? member.tensor, member, order));
  }
  // A Constant node gives way to a parameter of the same name.
  return { ...graph, parameters, nodes: graph.nodes.filter((n) => !parameters.has(n.outputs[0] ?? "")) };
}

function permuted(tensor: Tensor, { axis, unitOf }: GroupMember, order: ArrayLike<number>): Tensor {
  const indices = Array.from({ length: tensor.dims[axis]! }, (_, i) => i);
  const places: number[][] = Array.from(order, () => []);
  for (const i of indices) places[unitOf(i)]?.push(i);
  places.forEach((own, unit) => own.forEach((to, k) => (indices[to] = places[order[unit]!]![k]!)));
  const { origin, ...rest } = keepSlices(tensor, new Map([[axis, indices]]));
  void origin; // the file's bytes no longer stand for this tensor
  return rest;
}
