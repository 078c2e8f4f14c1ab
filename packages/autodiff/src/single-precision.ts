import {
  type Attribute,
  type DType,
  type Graph,
  type Node,
  floatTensor,
  type Tensor,
  tensorOf,
  toFloat32,
  withAttributes,
} from "@prune/core";

/** Float types that become float32, by ONNX's numbers: float16, float64, bfloat16. */
const OTHERS = new Map([
  [10, "float16"],
  [11, "float64"],
  [16, "bfloat16"],
]);
const FLOAT = 1;

const isOther = (dtype: DType): boolean => dtype === "float16" || dtype === "float64" || dtype === "bfloat16";

/** The same network with all float values in float32, which training needs; the graph itself where nothing changes. */
export function singlePrecision(graph: Graph): Graph {
  const parameters = new Map([...graph.parameters].map(([name, tensor]) => [name, single(tensor)]));
  const retyped = <T extends { readonly dtype: DType }>(value: T): T =>
    isOther(value.dtype) ? { ...value, dtype: "float32" } : value;
  return {
    ...graph,
    nodes: graph.nodes.map(singleNode),
    inputs: graph.inputs.map(retyped),
    outputs: graph.outputs.map(retyped),
    parameters,
  };
}

function singleNode(node: Node): Node {
  const changes: Record<string, Attribute> = {};
  for (const [name, attribute] of Object.entries(node.attributes)) {
    if (attribute.type === "tensor" && isOther(attribute.value.dtype)) {
      changes[name] = { type: "tensor", value: single(attribute.value) };
    } else if (attribute.type === "int" && (name === "to" || name === "dtype") && OTHERS.has(attribute.value)) {
      changes[name] = { type: "int", value: FLOAT };
    } else if (attribute.type === "graph") {
      changes[name] = { type: "graph", value: singlePrecision(attribute.value) };
    }
  }
  return Object.keys(changes).length ? withAttributes(node, changes) : node;
}

function single(tensor: Tensor): Tensor {
  if (!isOther(tensor.dtype)) return tensor;
  return {
    ...tensorOf(tensor.name, "float32", tensor.dims, new Uint8Array()),
    bytes: () => new Uint8Array(toFloat32(tensor).slice().buffer),
  };
}

/** Elements of a float type as bytes: the way back from float32. What is beyond the range of float16 becomes the last in it. */
export function encodeFloats(values: Float32Array, dtype: DType): Uint8Array {
  const within = dtype === "float16" ? values.map((v) => Math.min(65504, Math.max(-65504, v))) : values;
  return floatTensor("", dtype, within).bytes();
}
