import type { Graph, ValueInfo } from "../graph/graph.ts";
import { sizeOf } from "../graph/tensor.ts";
import type { RunTensor, RunValues } from "../model.ts";
import { errorInputTooLarge, errorUnknownInputType } from "../errors.ts";
import { idBounds } from "./id-bounds.ts";

/** Sizes for the dynamic dimensions of a graph's inputs, by dimension name, or as `input[axis]` where one has none. */
export type DimSizes = Readonly<Record<string, number>>;

/** Which of two sets of sizes to give dynamic dimensions that nobody named a size for. */
export type SizeSet = "canonical" | "wide" | "wide-batch";

/** A dynamic dimension of a graph's inputs, and what it counts. */
interface DynamicDim {
  /** What sizes call it: its name, or `input[axis]` where it has none. */
  readonly key: string;
  readonly counts: "batch" | "pixels" | "steps";
}

const keyOf = (input: ValueInfo, axis: number): string => {
  const dim = input.dims?.[axis];
  return typeof dim === "string" ? dim : `${input.name}[${axis}]`;
};

/**
 * The batch axis is the one named so, otherwise the first, if dynamic, or the middle one of recurrent states
 * [layers, batch, features]; pixels are axes of rank 4 and more.
 */
function countsOf(input: ValueInfo, axis: number): DynamicDim["counts"] {
  const dims = input.dims ?? [];
  const named = dims.findIndex((d) => typeof d === "string" && /batch/i.test(d));
  const isState = dims.length === 3 && Number(dims[0]) > 1 && typeof dims[2] === "number";
  if (axis === (named < 0 ? Number(isState) : named)) return "batch";
  return dims.length >= 4 ? "pixels" : "steps";
}

/** Sizes of what dimensions count: canonical ones, and how much wider the wide set makes them. */
const CANONICAL = { batch: 1, pixels: 64, steps: 16 } as const;
const WIDENING = { batch: 1, pixels: 32, steps: 8 } as const;

/**
 * Concrete sizes of an input. Dynamic dimensions, unless `sizes` names one: batch 1; pixels (rank 4 and more) 64;
 * anything else (a sequence) 16; a dimension called after a sum of others, such as "past + 1", that sum. The wide sets
 * change them, so that what depends on them shows.
 */
export function inputDims(
  input: ValueInfo,
  sizes: DimSizes,
  set: SizeSet,
  inputs: readonly ValueInfo[] = [input],
): number[] {
  const sizeOfDim = (from: ValueInfo, axis: number, counts = countsOf(from, axis)): number => {
    const canonical = sizes[keyOf(from, axis)] ?? CANONICAL[counts];
    const stays = set === "canonical" || (set === "wide-batch" && counts !== "batch");
    return stays ? canonical : canonical + WIDENING[counts];
  };
  // A name means one size, wherever it stands: that of the first input that has it.
  const sizeOfName = (name: string): number | undefined => {
    const from = inputs.find((v) => v.dims?.includes(name));
    return from && sizeOfDim(from, from.dims!.indexOf(name));
  };
  const sizeOfTerm = (term: string): number | undefined => (/^\d+$/.test(term) ? Number(term) : sizeOfName(term));
  return (input.dims ?? []).map((d, axis) => {
    if (typeof d === "number") return d;
    const terms = d !== undefined && !(d in sizes) ? d.split("+").map((term) => sizeOfTerm(term.trim())) : [];
    if (terms.length > 1 && terms.every((n) => n !== undefined)) return terms.reduce((sum, n) => sum + n, 0);
    return (d !== undefined ? sizeOfName(d) : undefined) ?? sizeOfDim(input, axis);
  });
}

/** What {@link DimSizes} calls the dynamic dimensions of a graph's inputs: by name, or `input[axis]` where one has none. */
export function dynamicDims({ inputs }: Graph): string[] {
  const keys = inputs.flatMap((input) => (input.dims ?? []).flatMap((d, axis) => (typeof d === "number" ? [] : [keyOf(input, axis)]))); // prettier-ignore
  return [...new Set(keys)];
}

/** The sizes that the dynamic dimensions of a graph's inputs have where its values have these shapes. */
export function dimSizes(
  { inputs }: Graph,
  { canonical }: { readonly canonical: ReadonlyMap<string, readonly number[]> },
): DimSizes {
  const sizesOf = (input: ValueInfo): [string, number][] =>
    (input.dims ?? []).flatMap((d, axis) => (typeof d === "number" ? [] : [[keyOf(input, axis), canonical.get(input.name)![axis]!]])); // prettier-ignore
  return Object.fromEntries(inputs.flatMap(sizesOf));
}

/**
 * Sizes to try, in this order, where a graph does not run at the canonical ones: another batch (tracing may have fixed
 * the one that it saw), small ones, then large ones.
 */
const OTHERS: readonly { readonly batch?: number; readonly steps: number; readonly pixels: number }[] = [
  { batch: 2, steps: 16, pixels: 64 },
  { steps: 8, pixels: 8 },
  { steps: 2, pixels: 4 },
  { steps: 1, pixels: 1 },
  { steps: 64, pixels: 224 },
  { steps: 128, pixels: 128 },
  { steps: 512, pixels: 256 },
  { steps: 4096, pixels: 512 },
  { steps: 16384, pixels: 1024 },
];

/**
 * Sets of sizes for the dynamic dimensions of a graph that does not run at the canonical ones (too many steps for a
 * table of positions, too few for a stack of strided convolutions). Dimensions called past and total (or, in merged
 * decoders, after the mask) hold what is cached and what is attended to: the total is the past and the steps.
 */
export function otherSizes(graph: Graph, given: DimSizes): DimSizes[] {
  const dims = graph.inputs.flatMap((input) =>
    (input.dims ?? []).flatMap((d, axis): DynamicDim[] =>
      typeof d === "number" ? [] : [{ key: keyOf(input, axis), counts: countsOf(input, axis) }],
    ),
  );
  if (!dims.length) return [];
  return OTHERS.map((others) => {
    const sizes = dims.map(({ key, counts }): [string, number] => {
      if (counts === "batch") return [key, others.batch ?? CANONICAL.batch];
      if (/total|attention_mask/i.test(key)) return [key, 2 * others.steps];
      return [key, /past|cache/i.test(key) ? others.steps : others[counts]];
    });
    return { ...Object.fromEntries(sizes.toReversed().filter(([key]) => !key.includes("+"))), ...given };
  });
}

/** The most elements of an input that sample values are made for: 1 GiB of float32. */
const MAX_ELEMENTS = 2 ** 28;

/**
 * A repeatable value for one input. `integers` is its position among the integer inputs, −1 for a float.
 * @param bound how many integers from 0 it may hold
 */
function sampleValue(
  input: ValueInfo,
  dims: readonly number[],
  integers: number,
  seed: number,
  bound: number,
): RunTensor {
  const n = sizeOf(dims);
  if (n > MAX_ELEMENTS) throw errorInputTooLarge(input.name, dims, MAX_ELEMENTS);
  const last = dims.at(-1) ?? 1;
  let value = (i: number): number => (integers === 0 ? 1 + ((i * 7 + seed) % 13) : 1) % bound;
  const { ids } = input;
  if (ids) value = (i) => (i * 7 + seed) % ids.length;
  if (/mask/i.test(input.name) || input.dtype === "bool") value = () => 1;
  else if (/type_ids|segment/i.test(input.name)) value = () => 0;
  else if (/position/i.test(input.name)) value = (i) => (i % last) % bound;
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

/** Repeatable values for all inputs of a graph: floats from a sine, integers small and within what they look up, masks one. */
export function sampleInputs(graph: Graph, sizes: DimSizes = {}, set: SizeSet = "canonical", seed = 0): RunValues {
  const integers = graph.inputs.filter((v) => v.dtype.includes("int"));
  const bounds = idBounds(graph);
  return Object.fromEntries(
    graph.inputs.map((v) => [
      v.name,
      sampleValue(v, inputDims(v, sizes, set, graph.inputs), integers.indexOf(v), seed, bounds.get(v.name) ?? Infinity),
    ]),
  );
}
