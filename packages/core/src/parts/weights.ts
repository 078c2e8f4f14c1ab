import { bytesPerElement, type DType } from "../graph/dtype.ts";
import type { Graph } from "../graph/graph.ts";
import { byteLength, type Tensor } from "../graph/tensor.ts";
import type { RunTensor } from "../model.ts";
import type { Memory } from "../plan/slice.ts";
import { constantOf, constantsOf } from "../solver/constants.ts";

/** The graph with the tensors of its Constant nodes among its parameters. */
export function withConstantsAsParameters(graph: Graph): Graph {
  return { ...graph, nodes: graph.nodes.filter((node) => !constantOf(node)), parameters: constantsOf(graph) };
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
