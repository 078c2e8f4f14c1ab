import type { DType } from "../graph/dtype.ts";
import type { Graph, ValueInfo } from "../graph/graph.ts";
import { nodeOf, type Node } from "../graph/node.ts";
import { byteLength, sizeOf, toNumbers } from "../graph/tensor.ts";
import type { Runtime, RunTensor, RunValues } from "../model.ts";
import { constantOf, constantsOf } from "./constants.ts";
import { firstThatRuns } from "./runnable-sizes.ts";
import { otherSizes, sampleInputs, type DimSizes, type SizeSet } from "./sample-inputs.ts";

/** Shapes of all values of a graph, as the runtime reported them. */
export interface Shapes {
  /** Sizes at the canonical input sizes (batch 1): what MACs are counted at. */
  readonly canonical: ReadonlyMap<string, readonly number[]>;
  /** Sizes with every dynamic dimension changed. */
  readonly wide: ReadonlyMap<string, readonly number[]>;
  /** Elements of integer and boolean values that were the same at both sizes: constants, and shape arithmetic. */
  readonly ints: ReadonlyMap<string, readonly number[]>;
  /** Sizes of dynamic dimensions at which the graph runs, where the default ones do not fit it. */
  readonly sizes: DimSizes;
}

/** Float constants above this many elements are zeros while only shapes are asked for. */
const LARGE = 1024;
/** Integer constants above this many elements are not read as shapes or indices. */
const MAX_INTS = 1 << 16;

/**
 * Asks the runtime for every value's shape: a Shape node is hung on each, and the graph runs at two sizes per dynamic
 * dimension. Only numbers come back. Weights stay out of it unless a shape depends on them. Where the graph does not run
 * at the canonical sizes, others are tried.
 */
export async function probe(graph: Graph, runtime: Runtime, sizes: DimSizes = {}): Promise<Shapes> {
  try {
    return await probeGraph(withoutWeights(graph), runtime, [sizes]);
  } catch {
    return probeGraph({ graph, light: graph, zeros: {} }, runtime, [sizes, ...otherSizes(graph, sizes)]);
  }
}

async function probeGraph(
  { graph, light, zeros }: LightGraph,
  runtime: Runtime,
  choices: readonly DimSizes[],
): Promise<Shapes> {
  const values = [...new Set(graph.nodes.flatMap(tensorsOf))];
  const arithmetic = shapeArithmetic(graph);
  const shapeName = (i: number): string => `prune:shape:${i}`;
  const fetched = values.filter((v) => arithmetic.has(v));
  const output = (name: string): ValueInfo => ({ name, dtype: "other", dims: undefined });
  const session = await runtime.open(
    {
      ...light,
      nodes: [...light.nodes, ...values.map((v, i) => nodeOf("Shape", [v], [shapeName(i)]))],
      outputs: [...values.map((_, i) => output(shapeName(i))), ...fetched.map(output)],
    },
    { cpu: true, optimize: false },
  );
  try {
    const run = async (
      sizes: DimSizes,
      set: SizeSet,
    ): Promise<{ dims: Map<string, readonly number[]>; result: RunValues }> => {
      const feeds = sampleInputs(graph, sizes, set);
      const result = await session.run({ ...zeros, ...feeds });
      const dims = new Map<string, readonly number[]>(Object.entries(feeds).map(([name, t]) => [name, t.dims]));
      for (const [name, tensor] of constantsOf(graph)) dims.set(name, tensor.dims);
      values.forEach((v, i) => dims.set(v, Array.from(result[shapeName(i)]!.data as BigInt64Array, Number)));
      return { dims, result };
    };
    const { sizes, found: canonical } = await firstThatRuns(graph, choices, (choice) => run(choice, "canonical"));
    const dynamic = graph.inputs.some((v) => v.dims?.some((d) => typeof d !== "number"));
    const wide = dynamic
      ? await run(sizes, "wide").catch(() => run(sizes, "wide-batch").catch(() => canonical))
      : canonical;
    return {
      canonical: canonical.dims,
      wide: wide.dims,
      ints: staticInts(graph, fetched, canonical.result, wide.result),
      sizes: sizes === choices[0] ? {} : sizes,
    };
  } finally {
    await session.release();
  }
}

/** Integer constants, and integer results that did not change between two runs. */
function staticInts(
  graph: Graph,
  fetched: readonly string[],
  a: RunValues,
  b: RunValues,
): Map<string, readonly number[]> {
  const ints = new Map<string, readonly number[]>();
  for (const [name, tensor] of constantsOf(graph)) {
    if (/^(u?int(32|64)|bool)$/.test(tensor.dtype) && sizeOf(tensor.dims) <= MAX_INTS)
      ints.set(name, toNumbers(tensor));
  }
  for (const name of fetched) {
    const [x, y] = [a[name]!, b[name]!];
    if (!/^(int(32|64)|bool)$/.test(x.dtype) || String(x.dims) !== String(y.dims)) continue;
    const numbers = Array.from(x.data as BigInt64Array, Number);
    if (numbers.every((n, i) => n === Number((y.data as BigInt64Array)[i]))) ints.set(name, numbers);
  }
  return ints;
}

/** Operators that yield sequences or optional values. */
const WITHOUT_SHAPE = new Set(
  "SequenceConstruct SequenceEmpty SequenceInsert SequenceErase SequenceMap SplitToSequence Optional OptionalGetElement".split(
    " ",
  ),
);

/** The outputs of a node that are tensors: what its bodies, if any, call another kind of value is none. */
function tensorsOf({ opType, outputs, attributes }: Node): string[] {
  if (WITHOUT_SHAPE.has(opType)) return [];
  const first = opType === "Loop" ? 1 : 0; // a Loop's body yields, before anything else, whether to go on
  return outputs
    .filter((name, i) =>
      Object.values(attributes).every(
        (a) => a.type !== "graph" || (name && a.value.outputs[i + first]?.dtype !== "other"),
      ),
    )
    .filter(Boolean);
}

/** Values that depend on nothing but constants and the sizes of values. */
function shapeArithmetic(graph: Graph): Set<string> {
  const small = new Set<string>();
  for (const [name, tensor] of constantsOf(graph)) if (sizeOf(tensor.dims) <= LARGE) small.add(name);
  const found = new Set<string>();
  for (const node of graph.nodes) {
    const derived = node.inputs.length > 0 && node.inputs.every((name) => !name || small.has(name) || found.has(name));
    const source = node.opType === "Shape" || node.opType === "Size" || (derived && fillsWithInts(node));
    if (WITHOUT_SHAPE.has(node.opType) || node.opType.startsWith("Random")) continue;
    if (node.opType === "ConstantOfShape" && !source) continue;
    const set = source || node.inputs.some((name) => found.has(name)) ? found : small;
    if (source || derived) for (const name of node.outputs) if (name) set.add(name);
  }
  return found;
}

/** Exporters fill up a list of pads or the like with zeros. */
function fillsWithInts({ opType, attributes: { value } }: Node): boolean {
  return opType === "ConstantOfShape" && value?.type === "tensor" && /^int(32|64)$/.test(value.value.dtype);
}

/** A graph, the same with inputs in place of its large weights, and zeros for them. */
interface LightGraph {
  readonly graph: Graph;
  readonly light: Graph;
  readonly zeros: RunValues;
}

/** Takes large float constants out of a graph. All the zeros that stand in for them are the same memory. */
function withoutWeights(graph: Graph): LightGraph {
  const large = [...constantsOf(graph).values()].filter((t) => ZEROS.has(t.dtype) && sizeOf(t.dims) > LARGE);
  const names = new Set(large.map((tensor) => tensor.name));
  const memory = new ArrayBuffer(8 * Math.ceil(Math.max(0, ...large.map(byteLength)) / 8));
  const light: Graph = {
    ...graph,
    nodes: graph.nodes.filter((node) => !names.has(constantOf(node)?.name ?? "")),
    inputs: [...graph.inputs, ...large.map(({ name, dtype, dims }) => ({ name, dtype, dims }))],
    parameters: new Map([...graph.parameters].filter(([name]) => !names.has(name))),
  };
  const zeros = large.map(({ name, dtype, dims }) => [name, { dtype, dims, data: ZEROS.get(dtype)!(memory, sizeOf(dims)) }]); // prettier-ignore
  return { graph, light, zeros: Object.fromEntries(zeros) as RunValues };
}

/** Float types that a session takes as inputs. */
const ZEROS: ReadonlyMap<DType, (memory: ArrayBuffer, length: number) => RunTensor["data"]> = new Map<
  DType,
  (memory: ArrayBuffer, length: number) => RunTensor["data"]
>([
  ["float32", (memory, length) => new Float32Array(memory, 0, length)],
  ["float64", (memory, length) => new Float64Array(memory, 0, length)],
  ["float16", (memory, length) => new Uint16Array(memory, 0, length)],
]);
