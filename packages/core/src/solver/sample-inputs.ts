import type { Graph, ValueInfo } from "../graph/graph.ts";
import { sizeOf } from "../graph/tensor.ts";
import type { RunTensor, RunValues } from "../model.ts";
import { errorUnknownInputType } from "../errors.ts";

/** Sizes for the dynamic dimensions of a graph's inputs, by dimension name. */
export type DimSizes = Readonly<Record<string, number>>;

/** Which of two sets of sizes to give dynamic dimensions that nobody named a size for. */
export type SizeSet = "canonical" | "wide" | "wide-batch";

/** Whether an axis of an input is its batch axis: the one named so, otherwise the first, if dynamic. */
function isBatch(input: ValueInfo, axis: number): boolean {
  const dims = input.dims ?? [];
  const named = dims.findIndex((d) => typeof d === "string" && /batch/i.test(d));
  return typeof dims[axis] !== "number" && axis === Math.max(0, named);
}

/**
 * Concrete sizes of an input. Dynamic dimensions, unless `sizes` names one: batch 1; pixels (rank 4 and more) 64;
 * anything else (a sequence) 16. The wide sets change them, so that what depends on them shows.
 */
export function inputDims(input: ValueInfo, sizes: DimSizes, set: SizeSet): number[] {
  const rank = input.dims?.length ?? 0;
  return (input.dims ?? []).map((d, axis) => {
    if (typeof d === "number") return d;
    const batch = isBatch(input, axis);
    const canonical = (d !== undefined ? sizes[d] : undefined) ?? (batch ? 1 : rank >= 4 ? 64 : 16);
    if (set === "canonical") return canonical;
    if (batch) return canonical + 1;
    return set === "wide-batch" ? canonical : rank >= 4 ? canonical + 32 : canonical + 8;
  });
}

/** A repeatable value for one input. `integers` is its position among the integer inputs, −1 for a float. */
function sampleValue(input: ValueInfo, dims: readonly number[], integers: number, seed: number): RunTensor {
  const n = sizeOf(dims);
  const last = dims.at(-1) ?? 1;
  let value = (i: number): number => (integers === 0 ? 1 + ((i * 7 + seed) % 13) : 1);
  if (/mask/i.test(input.name) || input.dtype === "bool") value = () => 1;
  else if (/type_ids|segment/i.test(input.name)) value = () => 0;
  else if (/position/i.test(input.name)) value = (i) => i % last;
  const float = (i: number): number => Math.sin(12.9898 * (i + seed) + 4.1);
  switch (input.dtype) {
    case "float32":
      return { dtype: "float32", dims, data: Float32Array.from({ length: n }, (_, i) => float(i)) };
    case "float64":
      return { dtype: "float64", dims, data: Float64Array.from({ length: n }, (_, i) => float(i)) };
    case "float16": // ±1.0 and ±0.5 as bits: enough to tell values apart, and needs no conversion
      return {
        dtype: "float16",
        dims,
        data: Uint16Array.from({ length: n }, (_, i) => [0x3c00, 0xbc00, 0x3800, 0xb800][(i * 7 + seed) % 4]!),
      };
    case "int64":
      return { dtype: "int64", dims, data: BigInt64Array.from({ length: n }, (_, i) => BigInt(value(i))) };
    case "int32":
      return { dtype: "int32", dims, data: Int32Array.from({ length: n }, (_, i) => value(i)) };
    case "uint8":
      return { dtype: "uint8", dims, data: Uint8Array.from({ length: n }, (_, i) => value(i)) };
    case "int8":
      return { dtype: "int8", dims, data: Int8Array.from({ length: n }, (_, i) => value(i)) };
    case "bool":
      return { dtype: "bool", dims, data: Uint8Array.from({ length: n }, () => 1) };
    default:
      throw errorUnknownInputType(input.name, input.dtype);
  }
}

/** Repeatable values for all inputs of a graph: floats from a sine, integers small, masks one. */
export function sampleInputs(graph: Graph, sizes: DimSizes = {}, set: SizeSet = "canonical", seed = 0): RunValues {
  const integers = graph.inputs.filter((v) => v.dtype.includes("int"));
  return Object.fromEntries(
    graph.inputs.map((v) => [v.name, sampleValue(v, inputDims(v, sizes, set), integers.indexOf(v), seed)]),
  );
}
