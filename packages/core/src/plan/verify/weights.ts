import { bytesPerElement, type DType } from "../../graph/dtype.ts";
import type { Graph } from "../../graph/graph.ts";
import { byteLength, sizeOf, type Tensor } from "../../graph/tensor.ts";
import type { RunTensor } from "../../model.ts";
import { constantOf, constantsOf } from "../../solver/constants.ts";
import { zeroElements, type Quantized } from "../../solver/quantized.ts";
import type { Cut } from "../cut.ts";
import { type Memory, zeroSlices } from "../slice.ts";

/** The graph with the tensors of its Constant nodes among its parameters. */
export function withConstantsAsParameters(graph: Graph): Graph {
  return { ...graph, nodes: graph.nodes.filter((node) => !constantOf(node)), parameters: constantsOf(graph) };
}

/** A parameter with zeros in every slice that the cut removes; each time they are read they are made, in `memory`. */
export function maskedTensor(tensor: Tensor, cut: Cut, memory: Memory, quantized?: Quantized): Tensor {
  const axes = cut.axesOf(tensor.name);
  if (!axes.size) return tensor;
  const masked = zeroSlices(tensor, axes, memory);
  if (!quantized) return masked;
  const removed = [...axes].map(([axis, kept]) => {
    const [size, inner, left] = [tensor.dims[axis]!, sizeOf(tensor.dims.slice(axis + 1)), new Set(Array.from(kept))];
    return (index: number): boolean => !left.has(Math.floor(index / inner) % size);
  });
  const bytes = (): Uint8Array => {
    const own = masked.bytes();
    zeroElements(quantized, own, (index) => removed.some((isGone) => isGone(index)));
    return own;
  };
  return { ...masked, bytes };
}

/** The graph with other parameters of the same names. */
export function withParameters(graph: Graph, change: (tensor: Tensor) => Tensor): Graph {
  return { ...graph, parameters: new Map([...graph.parameters].map(([name, tensor]) => [name, change(tensor)])) };
}

/** Types that a session takes as inputs and that large weights come in. */
const FED: ReadonlySet<DType> = new Set<DType>(["float32", "float64", "float16"]);

/**
 * Whether a parameter is handed to a session with each run rather than built into it. A run reads inputs where they
 * are; parameters are copied into the message, and from there into the runtime.
 */
export function isFed(tensor: Tensor, above: number): boolean {
  return FED.has(tensor.dtype) && byteLength(tensor) > above;
}

/** The parameter as an input of a run; copies, to `memory`, only what does not start at a multiple of the element's size. */
export function runTensorOf(tensor: Tensor, memory: Memory): RunTensor {
  const { dtype, dims } = tensor;
  const bytes = tensor.bytes();
  const width = bytesPerElement(dtype);
  const { buffer, byteOffset, byteLength: length } = bytes.byteOffset % width === 0 ? bytes : copyOf(bytes, memory);
  if (dtype === "float64") return { dtype, dims, data: new Float64Array(buffer, byteOffset, length / width) };
  if (dtype === "float16") return { dtype, dims, data: new Uint16Array(buffer, byteOffset, length / width) };
  return { dtype, dims, data: new Float32Array(buffer, byteOffset, length / width) };
}

function copyOf(bytes: Uint8Array, memory: Memory): Uint8Array {
  const copy = memory(bytes.length);
  copy.set(bytes);
  return copy;
}
