import { bytesPerElement, isFloat } from "../graph/dtype.ts";
import type { Graph } from "../graph/graph.ts";
import { nodeOf, type Node } from "../graph/node.ts";
import { int64Tensor, sizeOf, type Tensor } from "../graph/tensor.ts";

/**
 * Computes parameters that hold one number throughout (fresh scales of ones, biases of zeros) anew for every node that
 * reads them, where several do: exporters store equal tensors once, and such ones are equal by chance. Their slices are
 * all the same, so that cutting them only makes them shorter.
 * @param counts how many copies there are of each parameter, in other graphs that read it too; those made here are added
 */
export function ownFills(graph: Graph, counts: Map<string, number> = new Map()): Graph {
  const uses = new Map<string, number>();
  for (const node of graph.nodes) for (const name of node.inputs) uses.set(name, (uses.get(name) ?? 0) + 1);
  const outputs = new Set(graph.outputs.map((v) => v.name));
  const fills = new Map<string, Tensor>();
  for (const tensor of graph.parameters.values()) {
    if ((uses.get(tensor.name) ?? 0) > 1 && !outputs.has(tensor.name) && isFill(tensor)) fills.set(tensor.name, tensor);
  }
  if (!fills.size) return graph;
  const parameters = new Map(graph.parameters);
  const nodes = graph.nodes.flatMap((node) => {
    const own: Node[] = [];
    const inputs = node.inputs.map((name) => {
      const tensor = fills.get(name);
      if (!tensor) return name;
      const shape = int64Tensor(`${name}/shape`, tensor.dims);
      parameters.set(shape.name, shape);
      const count = (counts.get(name) ?? 0) + 1;
      counts.set(name, count);
      own.push(fillNode(tensor, shape.name, `${name}/copy${count}`));
      return own.at(-1)!.outputs[0]!;
    });
    return own.length ? [...own, { ...node, inputs }] : [node];
  });
  return { ...graph, nodes, parameters };
}

function fillNode(tensor: Tensor, shape: string, output: string): Node {
  const one = {
    ...tensor,
    name: "",
    dims: [1],
    bytes: () => tensor.bytes().subarray(0, bytesPerElement(tensor.dtype)),
  };
  return nodeOf("ConstantOfShape", [shape], [output], { value: { type: "tensor", value: one } });
}

/** Whether all of several numbers are the same. */
function isFill({ dtype, dims, bytes }: Tensor): boolean {
  const size = bytesPerElement(dtype);
  if (!isFloat(dtype) || sizeOf(dims) < 2) return false;
  const data = bytes();
  for (let i = size; i < data.length; i++) if (data[i] !== data[i - size]) return false;
  return true;
}

/** The values that `ownFills` computes: name of the copy → name of the parameter. */
export function fillCopies(original: Graph, graph: Graph): Map<string, string> {
  const copies = new Map<string, string>();
  for (const { opType, outputs } of graph.nodes) {
    const source = opType === "ConstantOfShape" ? /^(.+)\/copy\d+$/.exec(outputs[0] ?? "")?.[1] : undefined;
    if (source !== undefined && original.parameters.has(source)) copies.set(outputs[0]!, source);
  }
  return copies;
}
