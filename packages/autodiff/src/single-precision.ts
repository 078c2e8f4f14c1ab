import {
  type Attribute,
  type DType,
  type Graph,
  type Node,
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

/** Elements of a float type as bytes: the way back from float32. */
export function encodeFloats(values: Float32Array, dtype: DType): Uint8Array {
  const bytes = (data: ArrayBufferView): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (dtype === "float64") return bytes(Float64Array.from(values));
  if (dtype === "float16") return bytes(Uint16Array.from(values, toHalf));
  if (dtype === "bfloat16") return bytes(Uint16Array.from(new Uint32Array(values.slice().buffer), toBrain));
  return bytes(values);
}

/** Bits of a float32 as those of a bfloat16, rounded to even. */
const toBrain = (bits: number): number => (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;

/** A number as the bits of the nearest half-precision number; beyond its range, the largest one. */
function toHalf(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.min(Math.abs(value), 65504);
  if (Number.isNaN(value)) return 0x7e00;
  const exponent = size === 0 ? -14 : Math.max(-14, Math.floor(Math.log2(size)));
  const steps = roundToEven(size * 2 ** (10 - exponent));
  // Below 1024 steps the number is subnormal; at 2048 the exponent carries over by itself.
  return sign | (steps < 1024 ? steps : ((exponent + 15) << 10) + (steps - 1024));
}

function roundToEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
