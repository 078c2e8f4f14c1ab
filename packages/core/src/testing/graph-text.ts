import type { Graph } from "../graph/graph.ts";
import type { Attribute } from "../graph/node.ts";
import type { Tensor } from "../graph/tensor.ts";

/** All that a graph says, without what only its backend reads. */
export function textOf(graph: Graph): string {
  const tensor = ({ name, dtype, dims, bytes }: Tensor): unknown => [name, dtype, dims, bytes().join()];
  const attribute = ([name, { type, value }]: [string, Attribute]): unknown => {
    if (type === "tensor") return [name, type, tensor(value)];
    if (type === "graph") return [name, type, textOf(value)];
    return type === "raw" ? [name, type] : [name, type, value];
  };
  const info = ({ name, dtype, dims }: Graph["inputs"][number]): unknown => [name, dtype, dims];
  return JSON.stringify([
    graph.name,
    graph.nodes.map((n) => [
      n.name,
      n.opType,
      n.domain,
      n.inputs,
      n.outputs,
      Object.entries(n.attributes).map(attribute),
    ]),
    graph.inputs.map(info),
    graph.outputs.map(info),
    [...graph.parameters.values()].map(tensor),
    [...graph.opsets],
  ]);
}
