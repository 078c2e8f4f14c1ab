import { errorVerification } from "../errors.ts";
import type { Graph, ValueInfo } from "../graph/graph.ts";
import type { Node } from "../graph/node.ts";
import { sizeOf, tensorOf, type Tensor } from "../graph/tensor.ts";
import type { Runtime, RunTensor, RunValues } from "../model.ts";
import type { Analysis } from "../solver/analyze.ts";
import { constantOf } from "../solver/constants.ts";
import { sampleInputs, type DimSizes } from "../solver/sample-inputs.ts";
import type { Cut } from "./cut.ts";
import { keepSlices, zeroSlices, type KeptAxes } from "./slice.ts";

/** What verification found. */
export interface Verification {
  /** Whether the masked original could be compared: every cut is exact. Otherwise only loading, shapes and finiteness were checked. */
  readonly exact: boolean;
  /** max |a − b| / max |a| over the outputs. */
  readonly maskedError: number;
  /** The same for every layer by itself, on fresh inputs; the worst. */
  readonly layerError: number;
  /** Number of layers compared. */
  readonly layers: number;
}

export interface VerifyOptions {
  /** Largest relative difference accepted. Default 1e-4. */
  readonly tolerance?: number;
  readonly dims?: DimSizes;
}

/**
 * Proves a cut: the pruned graph computes what the original computes with every cut slice of its weights set to zero,
 * end to end and layer by layer on fresh inputs (deep networks forget errors, as they forget their inputs).
 * @throws {PruneError} `verification-failed`, `runtime-failed`
 */
export async function verify(
  analysis: Analysis,
  cut: Cut,
  pruned: Graph,
  runtime: Runtime,
  options: VerifyOptions = {},
): Promise<Verification> {
  const { tolerance = 1e-4, dims = {} } = options;
  const exact = [...cut.removed].every(([g, gone]) => g.exact || !gone.includes(1));
  const feeds = sampleInputs(analysis.graph, dims);
  if (!exact) {
    checkOutputs(analysis, await runOnce(runtime, pruned, feeds));
    return { exact, maskedError: NaN, layerError: NaN, layers: 0 };
  }
  const masked = maskedGraph(analysis.graph, cut);
  const layers = cutLayers(analysis, pruned);
  const fresh = freshFeeds(analysis, cut, layers, feeds);
  const a = await runOnce(
    runtime,
    withOpened(
      masked,
      layers.map((l) => [l.node, l.input]),
    ),
    fresh.whole,
  );
  const b = await runOnce(
    runtime,
    withOpened(
      pruned,
      layers.map((l) => [l.partner, l.input]),
    ),
    fresh.kept,
  );
  checkOutputs(analysis, b);
  const ends = analysis.graph.outputs.map((v) => v.name);
  const maskedError = Math.max(0, ...ends.map((name) => difference(a[name]!, b[name]!)));
  if (!(maskedError <= tolerance))
    throw errorVerification(`the outputs differ by ${maskedError.toExponential(2)} (limit ${tolerance})`);
  const { worst, at } = compareLayers(cut, layers, ends, a, b);
  if (!(worst <= tolerance))
    throw errorVerification(`what reaches ${at} differs by ${worst.toExponential(2)} (limit ${tolerance})`, at);
  return { exact, maskedError, layerError: worst, layers: layers.length };
}

async function runOnce(runtime: Runtime, graph: Graph, feeds: RunValues): Promise<RunValues> {
  const session = await runtime.open(graph, { cpu: true, optimize: false });
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
}

function checkOutputs({ graph, shapes }: Analysis, outputs: RunValues): void {
  for (const { name } of graph.outputs) {
    const got = outputs[name];
    const dims = shapes.canonical.get(name);
    if (!got) throw errorVerification(`output "${name}" is missing`);
    if (dims && String(dims) !== String(got.dims))
      throw errorVerification(`output "${name}" has shape [${got.dims}] instead of [${dims}]`);
  }
}

/** The graph with zeros in every slice of its constants that the cut removes. */
function maskedGraph(graph: Graph, cut: Cut): Graph {
  const mask = (tensor: Tensor): Tensor => {
    const axes = cut.axesOf(tensor.name);
    return axes.size ? zeroSlices(tensor, axes) : tensor;
  };
  const parameters = new Map([...graph.parameters].map(([name, tensor]) => [name, mask(tensor)]));
  const nodes = graph.nodes.filter((node) => {
    const tensor = constantOf(node);
    if (!tensor || !cut.axesOf(tensor.name).size) return true;
    parameters.set(tensor.name, mask(tensor));
    return false;
  });
  return { ...graph, nodes, parameters };
}

/** A layer whose data input is replaced by fresh values, in the original and in the pruned graph. */
interface CutLayer {
  readonly node: Node;
  readonly partner: Node;
  readonly input: number;
}

function cutLayers({ layers, operands, graph }: Analysis, pruned: Graph): CutLayer[] {
  const partners = new Map(pruned.nodes.map((n) => [n.outputs[0]!, n]));
  const fed = new Set(graph.inputs.map((v) => v.name));
  return layers.flatMap(({ node, weight }) => {
    const partner = partners.get(node.outputs[0]!);
    const input = node.inputs.findIndex((name) => name && !operands.of(name)?.isWeight);
    const name = node.inputs[input];
    if (!weight || weight.dtype !== "float32" || !partner || name === undefined || fed.has(name) || !operands.of(name))
      return [];
    return [{ node, partner, input }];
  });
}

/** Inputs of both graphs: the sample, and fresh values for every layer, whole and as the cut leaves them. */
function freshFeeds(
  { shapes }: Analysis,
  cut: Cut,
  layers: readonly CutLayer[],
  feeds: RunValues,
): { whole: RunValues; kept: RunValues } {
  const whole: Record<string, RunTensor> = { ...feeds };
  const kept: Record<string, RunTensor> = { ...feeds };
  layers.forEach(({ node, input }, i) => {
    const dims = shapes.canonical.get(node.inputs[input]!)!;
    const data = Float32Array.from({ length: sizeOf(dims) }, (_, k) => Math.sin(12.9898 * k + i));
    whole[freshName(i)] = { dtype: "float32", dims, data };
    kept[freshName(i)] = sliceValue({ dtype: "float32", dims, data }, cut.axesOf(node.inputs[input]!));
  });
  return { whole, kept };
}

const freshName = (i: number): string => `prune:fresh:${i}`;
const openedName = (name: string): string => `prune:open:${name}`;

/** Compares what reaches every layer, and the outputs, when each layer before read fresh values. */
function compareLayers(
  cut: Cut,
  layers: readonly CutLayer[],
  ends: readonly string[],
  a: RunValues,
  b: RunValues,
): { worst: number; at: string } {
  let [worst, at] = [0, ""];
  const compare = (x: RunTensor, y: RunTensor, what: string): void => {
    const d = difference(x, y);
    if (d > worst || Number.isNaN(d)) [worst, at] = [d, what];
  };
  for (const { node, partner, input } of layers) {
    const [from, to] = [node.inputs[input]!, partner.inputs[input]!];
    compare(sliceValue(a[openedName(from)]!, cut.axesOf(from)), b[openedName(to)]!, node.name || node.outputs[0]!);
  }
  for (const name of ends) compare(a[openedName(name)]!, b[openedName(name)]!, name);
  return { worst, at };
}

/**
 * The graph together with a copy of its nodes, over the same parameters, in which some nodes read fresh graph inputs.
 * Outputs are the graph's own, the copy's, and what the opened nodes would have read: one session answers for both.
 */
function withOpened(graph: Graph, cuts: readonly (readonly [Node, number])[]): Graph {
  const made = new Set(graph.nodes.flatMap((n) => n.outputs));
  const opened = (name: string): string => (name && made.has(name) ? openedName(name) : name);
  const at = new Map(cuts.map(([node, input], i) => [node, { input, name: freshName(i) }]));
  const copies = graph.nodes.map((node) => {
    const cutAt = at.get(node);
    const inputs = node.inputs.map((name, i) => (i === cutAt?.input ? cutAt.name : opened(name)));
    return { ...node, name: node.name && openedName(node.name), inputs, outputs: node.outputs.map(opened) };
  });
  const untyped = (name: string): ValueInfo => ({ name, dtype: "other", dims: undefined });
  const ends = graph.outputs.map((v) => v.name);
  const extra = new Set([...ends, ...cuts.map(([node, input]) => node.inputs[input]!)].map(openedName));
  return {
    ...graph,
    nodes: [...graph.nodes, ...copies],
    inputs: [
      ...graph.inputs,
      ...cuts.map((_, i) => ({ name: freshName(i), dtype: "float32" as const, dims: undefined })),
    ],
    outputs: [...graph.outputs, ...[...extra].map(untyped)],
  };
}

/** The kept slices of a run's value. */
function sliceValue(value: RunTensor, axes: KeptAxes): RunTensor {
  if (!axes.size || !(value.data instanceof Float32Array)) return value;
  const { buffer, byteOffset, byteLength } = value.data;
  const kept = keepSlices(tensorOf("", "float32", value.dims, new Uint8Array(buffer, byteOffset, byteLength)), axes);
  return { dtype: "float32", dims: kept.dims, data: new Float32Array(kept.bytes().buffer) };
}

/** max |a − b| / max(1e-6, max |a|); NaN or infinity where the values cannot be compared. */
function difference(a: RunTensor, b: RunTensor): number {
  if (a.data.length !== b.data.length) return Infinity;
  let [most, scale] = [0, 1e-6];
  for (let i = 0; i < a.data.length; i++) {
    const [x, y] = [Number(a.data[i]), Number(b.data[i])];
    const d = Math.abs(x - y);
    if (Number.isNaN(d)) {
      if (Number.isNaN(x) === Number.isNaN(y)) continue; // outside the operator's domain on both sides
      return Infinity;
    }
    if (d > most) most = d;
    if (Math.abs(x) > scale) scale = Math.abs(x);
  }
  return most / scale;
}
