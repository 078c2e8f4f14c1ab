import type { Graph } from "../graph/graph.ts";
import type { Node } from "../graph/node.ts";
import { float32Tensor, int64Tensor, type Tensor } from "../graph/tensor.ts";

/** The tensor a Constant node yields, under its output's name; undefined for other nodes and kinds without one. */
export function constantOf(node: Node): Tensor | undefined {
  const name = node.outputs[0];
  if (node.opType !== "Constant" || node.domain !== "" || !name) return undefined;
  const { value, value_float, value_floats, value_int, value_ints } = node.attributes;
  if (value?.type === "tensor") return { ...value.value, name };
  if (value_float?.type === "float") return float32Tensor(name, [value_float.value], []);
  if (value_floats?.type === "floats") return float32Tensor(name, value_floats.value);
  if (value_int?.type === "int") return int64Tensor(name, [value_int.value], []);
  if (value_ints?.type === "ints") return int64Tensor(name, value_ints.value);
  return undefined;
}

/** All constants of a graph by the value's name: initializers, and the outputs of Constant nodes. */
export function constantsOf(graph: Graph): Map<string, Tensor> {
  const map = new Map(graph.parameters);
  for (const node of graph.nodes) {
    const tensor = constantOf(node);
    if (tensor) map.set(tensor.name, tensor);
  }
  return map;
}
