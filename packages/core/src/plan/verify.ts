import { errorVerification } from "../errors.ts";
import type { Graph } from "../graph/graph.ts";
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
  const after = await runOnce(runtime, pruned, feeds);
  checkOutputs(analysis, after);
  if (!exact) return { exact, maskedError: NaN, layerError: NaN, layers: 0 };
  const masked = maskedGraph(analysis.graph, cut);
  const before = await runOnce(runtime, masked, feeds);
  const maskedError = Math.max(0, ...Object.keys(before).map((name) => difference(before[name]!, after[name]!)));
  if (!(maskedError <= tolerance))
    throw errorVerification(`the outputs differ by ${maskedError.toExponential(2)} (limit ${tolerance})`);
  const layers = cutLayers(analysis, pruned);
  const { worst, at } = await compareLayers(analysis, cut, masked, pruned, layers, runtime, feeds);
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

async function compareLayers(
  { graph, shapes }: Analysis,
  cut: Cut,
  masked: Graph,
  pruned: Graph,
  layers: readonly CutLayer[],
  runtime: Runtime,
  feeds: RunValues,
): Promise<{ worst: number; at: string }> {
  const names = new Map(layers.map(({ node }, i) => [node.outputs[0]!, `prune:fresh:${i}`]));
  const [feedA, feedB] = [{ ...feeds } as Record<string, RunTensor>, { ...feeds } as Record<string, RunTensor>];
  layers.forEach(({ node, input }, i) => {
    const dims = shapes.canonical.get(node.inputs[input]!)!;
    const whole: RunTensor = {
      dtype: "float32",
      dims,
      data: Float32Array.from({ length: sizeOf(dims) }, (_, k) => Math.sin(12.9898 * k + i)),
    };
    feedA[`prune:fresh:${i}`] = whole;
    feedB[`prune:fresh:${i}`] = sliceValue(whole, cut.axesOf(node.inputs[input]!));
  });
  const ends = graph.outputs.map((v) => v.name);
  const a = await runOnce(
    runtime,
    openedAt(
      masked,
      layers.map((l) => [l.node, l.input]),
      names,
      ends,
    ),
    feedA,
  );
  const b = await runOnce(
    runtime,
    openedAt(
      pruned,
      layers.map((l) => [l.partner, l.input]),
      names,
      ends,
    ),
    feedB,
  );
  let [worst, at] = [0, ""];
  const compare = (x: RunTensor, y: RunTensor, what: string): void => {
    const d = difference(x, y);
    if (d > worst || Number.isNaN(d)) [worst, at] = [d, what];
  };
  for (const { node, partner, input } of layers) {
    const [from, to] = [node.inputs[input]!, partner.inputs[input]!];
    compare(sliceValue(a[from]!, cut.axesOf(from)), b[to]!, node.name || node.outputs[0]!);
  }
  for (const name of ends) compare(a[name]!, b[name]!, name);
  return { worst, at };
}

/** The graph with some nodes reading fresh graph inputs, and with what they read before as outputs. */
function openedAt(
  graph: Graph,
  cuts: readonly (readonly [Node, number])[],
  names: ReadonlyMap<string, string>,
  ends: readonly string[],
): Graph {
  const at = new Map(cuts);
  const nodes = graph.nodes.map((node) => {
    const input = at.get(node);
    return input === undefined
      ? node
      : { ...node, inputs: node.inputs.map((name, i) => (i === input ? names.get(node.outputs[0]!)! : name)) };
  });
  const extra = [...new Set(cuts.map(([node, input]) => node.inputs[input]!))].filter((name) => !ends.includes(name));
  return {
    ...graph,
    nodes,
    inputs: [
      ...graph.inputs,
      ...[...names.values()].map((name) => ({ name, dtype: "float32" as const, dims: undefined })),
    ],
    outputs: [...graph.outputs, ...extra.map((name) => ({ name, dtype: "other" as const, dims: undefined }))],
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
