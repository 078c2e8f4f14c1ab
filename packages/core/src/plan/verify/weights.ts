import type { Graph } from "../../graph/graph.ts";
import { sizeOf, type Tensor } from "../../graph/tensor.ts";
import { zeroElements, type Quantized } from "../../solver/quantized.ts";
import type { Cut } from "../cut.ts";
import { type Memory, zeroSlices } from "../slice.ts";

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
