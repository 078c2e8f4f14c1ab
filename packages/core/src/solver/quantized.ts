import { holdsWeights } from "../graph/dtype.ts";
import type { Graph } from "../graph/graph.ts";
import { sizeOf, toFloat32, toNumbers, type Tensor } from "../graph/tensor.ts";
import type { HandlerLookup } from "./handlers.ts";
import type { Operands } from "./operands.ts";

/** A constant of integers that stand for `scale · (q − zero point)`. */
export interface Quantized {
  readonly tensor: Tensor;
  /** One number, one per index of `axis`, or one per block along it; undefined where it is not known. */
  readonly scale: Tensor | undefined;
  /** The same; undefined: 0. */
  readonly zeroPoint: Tensor | undefined;
  readonly axis: number;
}

/** The constants of a graph that hold quantised numbers, by name. */
export function quantizedConstants(
  graph: Graph,
  lookup: HandlerLookup,
  operands: Operands,
): ReadonlyMap<string, Quantized> {
  const found = new Map<string, Quantized>();
  for (const node of graph.nodes) {
    for (const { value, scale, zeroPoint, axis } of lookup(node)?.quantized?.(operands.contextOf(node)) ?? []) {
      if (!value?.tensor) continue;
      const resolved = value.rank ? value.axis(axis).axis : 0;
      found.set(value.name, {
        tensor: value.tensor,
        scale: scale?.tensor,
        zeroPoint: zeroPoint?.tensor,
        axis: resolved,
      });
    }
  }
  return found;
}

/** Which entry of a scale or zero point belongs to an element. */
function entryOf({ tensor: { dims }, axis }: Quantized, parameter: Tensor | undefined): (index: number) => number {
  const [size, inner] = [dims[axis] ?? 1, sizeOf(dims.slice(axis + 1))];
  const own = parameter?.dims ?? [];
  if (own.length === dims.length && own.length > 1) {
    const count = own[axis]!;
    const block = Math.ceil(size / count);
    return (index) => {
      const [outer, at] = [Math.floor(index / inner / size), Math.floor(index / inner) % size];
      return (outer * count + Math.floor(at / block)) * inner + (index % inner);
    };
  }
  return sizeOf(own) === size ? (index) => Math.floor(index / inner) % size : () => 0;
}

/** The numbers that a quantised constant stands for, as a float32 tensor; computed when they are first asked for. */
export function dequantized(quantized: Quantized): Tensor {
  const { tensor } = quantized;
  if (!holdsWeights(tensor.dtype)) return tensor;
  let known: Uint8Array | undefined;
  const bytes = (): Uint8Array => {
    const { scaleOf, zeroOf } = parametersOf(quantized);
    return new Uint8Array(toFloat32(tensor).map((q, i) => scaleOf(i) * (q - zeroOf(i))).buffer);
  };
  return { name: tensor.name, dtype: "float32", dims: tensor.dims, bytes: () => (known ??= bytes()) };
}

/** What each element of a quantised constant is scaled by, and which number stands for zero there. */
function parametersOf(quantized: Quantized): {
  readonly scaleOf: (index: number) => number;
  readonly zeroOf: (index: number) => number;
} {
  const { scale, zeroPoint } = quantized;
  const [scales, zeros] = [scale ? toFloat32(scale) : [1], zeroPoint ? toNumbers(zeroPoint) : [0]];
  const [scaleAt, zeroAt] = [entryOf(quantized, scale), entryOf(quantized, zeroPoint)];
  return { scaleOf: (i) => scales[scaleAt(i)] ?? 1, zeroOf: (i) => zeros[zeroAt(i)] ?? 0 };
}

/**
 * A quantised constant of 8 bits with other numbers: the nearest that its scale and zero point can say. Halfway between
 * two it is the even one, as in ONNX; beyond the range it is the last.
 */
export function requantized(quantized: Quantized, values: ArrayLike<number>): Tensor {
  const { name, dtype, dims } = quantized.tensor;
  const { scaleOf, zeroOf } = parametersOf(quantized);
  const [least, most] = dtype === "int8" ? [-128, 127] : [0, 255];
  const bytes = Uint8Array.from({ length: values.length }, (_, i) =>
    Math.min(most, Math.max(least, toEven(values[i]! / scaleOf(i)) + zeroOf(i))),
  );
  return { name, dtype, dims, bytes: () => bytes };
}

/** The nearest integer; halfway the even one. */
function toEven(x: number): number {
  const low = Math.floor(x);
  return x - low === 0.5 ? low + (low % 2 === 0 ? 0 : 1) : Math.round(x);
}

/** Writes what stands for zero over the elements of a quantised constant of 8 bits that are to be zero. */
export function zeroElements(quantized: Quantized, bytes: Uint8Array, isZero: (index: number) => boolean): void {
  const { tensor, zeroPoint } = quantized;
  const zeros = zeroPoint?.bytes();
  if (!zeros?.some(Boolean) || !holdsWeights(tensor.dtype)) return;
  const at = entryOf(quantized, zeroPoint);
  for (let i = 0; i < bytes.length; i++) if (isZero(i)) bytes[i] = zeros[at(i)]!;
}
