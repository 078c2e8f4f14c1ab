import { constantsOf, type Graph, type Node, type RunValues, type Tensor, tensorOf, withAttributes } from "@prune/core";
import { encodeFloats } from "./single-precision.ts";

/**
 * The graph with other values for some of its float tensors, in the types they are stored in; nothing else changes. A
 * layer whose weights were an Identity over another's gets an initializer of its own.
 */
export function withWeights(graph: Graph, values: RunValues): Graph {
  const constants = constantsOf(graph);
  const parameters = new Map(graph.parameters);
  const replaced = (name: string, like: Tensor): Tensor =>
    tensorOf(name, like.dtype, like.dims, encodeFloats(values[name]!.data as Float32Array, like.dtype));
  for (const [name, tensor] of graph.parameters) if (values[name]) parameters.set(name, replaced(name, tensor));
  const nodes = graph.nodes.flatMap((node): Node[] => {
    const name = node.outputs[0] ?? "";
    if (!values[name]) return [node];
    const own = constants.get(name);
    if (own) return [constantNode(node, replaced(name, own))];
    parameters.set(name, replaced(name, constants.get(node.inputs[0]!)!));
    return [];
  });
  return { ...graph, nodes, parameters };
}

function constantNode(node: Node, tensor: Tensor): Node {
  return withAttributes(node, {
    value_float: undefined,
    value_floats: undefined,
    value: { type: "tensor", value: tensor },
  });
}
