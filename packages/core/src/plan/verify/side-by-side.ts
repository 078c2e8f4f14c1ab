import type { Graph } from "../../graph/graph.ts";
import type { Node } from "../../graph/node.ts";
import { sizeOf, type Tensor } from "../../graph/tensor.ts";
import type { Runtime, RunTensor, RunValues } from "../../model.ts";
import type { Analysis } from "../../solver/analyze.ts";
import type { Cut } from "../cut.ts";
import { CHUNK_BYTES, chunksLike, chunksOf } from "./chunks.ts";
import { sliceValue } from "./compare.ts";
import { Comparison } from "./comparison.ts";
import { freshValue } from "./fresh.ts";
import { freshName, openedLayers, openedNodes, type OpenedLayer } from "./layers.ts";
import { Scratch } from "./scratch.ts";
import { Walk } from "./walk.ts";
import { maskedGraph, runTensorOf, withConstantsAsParameters } from "./weights.ts";

export interface SideBySideOptions {
  readonly analysis: Analysis;
  readonly cut: Cut;
  readonly pruned: Graph;
  readonly runtime: Runtime;
  readonly tolerance: number;
  /** The sample inputs of both graphs. */
  readonly feeds: RunValues;
  /** Bytes of a part of the original; see `chunksOf`. */
  readonly chunkBytes: number;
  /** See `WalkOptions`. */
  readonly feedAbove: number;
}

/** What running the original and the pruned graph side by side showed. */
export interface SideBySide {
  /** The worst difference of all that reaches layers and outputs. */
  readonly layerError: number;
  readonly layers: number;
  /** How many values had numbers to compare. */
  readonly proven: number;
  /** Names of layers that read, and outputs that are, nowhere finite in both graphs: nothing was learnt about them. */
  readonly unproven: readonly string[];
  /** The masked original's outputs for the sample inputs; without those that no node computes. */
  readonly outputs: RunValues;
}

/**
 * Walks through the masked original and the pruned graph part by part. In one pass over the original's weights every
 * layer reads fresh values, the same in both graphs, and what reaches the next layers is compared; and the original
 * computes its outputs for the sample inputs.
 * @throws {PruneError} `verification-failed`, `runtime-failed`
 */
export async function runSideBySide(options: SideBySideOptions): Promise<SideBySide> {
  const { analysis, cut, runtime, tolerance, feeds, feedAbove } = options;
  const scratch = new Scratch(Math.min(options.chunkBytes, CHUNK_BYTES));
  const masked = maskedGraph(withConstantsAsParameters(analysis.graph), cut, scratch.take);
  const pruned = withConstantsAsParameters(options.pruned);
  const layers = openedLayers(analysis, pruned);
  const activations = new Map(layers.map(({ node, dims }) => [node, 8 * sizeOf(dims)])); // fed, and fetched
  const chunks = chunksOf(masked, options.chunkBytes, (node) => activations.get(node) ?? 0);
  const prunedChunks = chunksLike(pruned, chunks);

  const ends = masked.outputs.map((v) => v.name);
  const comparison = new Comparison(layers, ends, cut, tolerance);
  const walk = (graph: Graph, parts: ReadonlyMap<Node, number>, wanted: Iterable<string>): Walk =>
    new Walk({ graph, chunks: parts, wanted, runtime, feedAbove });
  const whole = walk(masked, chunks, ends);
  const original = walk(masked, openedNodes(chunks, layers, "node"), comparison.originals());
  const partner = walk(pruned, openedNodes(prunedChunks, layers, "partner"), comparison.partners());

  const outputs: Record<string, RunTensor> = {};
  const count = 1 + Math.max(-1, ...chunks.values(), ...prunedChunks.values());
  for (let i = 0; i < count; i++) {
    scratch.clear();
    const weight = once((tensor) => runTensorOf(tensor, scratch.take));
    Object.assign(outputs, await whole.step(i, feeds, weight));
    const here = layers.filter((l) => chunks.get(l.node) === i);
    comparison.addOriginals(await original.step(i, { ...feeds, ...freshValues(here, (_, value) => value) }, weight));
    const there = layers.filter((l) => prunedChunks.get(l.partner) === i);
    const keep = ({ node, input }: OpenedLayer, value: RunTensor): RunTensor => sliceValue(value, cut.axesOf(node.inputs[input]!)); // prettier-ignore
    comparison.addPartners(await partner.step(i, { ...feeds, ...freshValues(there, keep) }, weight));
  }
  const { worst, proven, unproven } = comparison;
  return { layerError: worst, layers: layers.length, proven, unproven, outputs };
}

function freshValues(
  layers: readonly OpenedLayer[],
  as: (layer: OpenedLayer, value: RunTensor) => RunTensor,
): RunValues {
  return Object.fromEntries(layers.map((l) => [freshName(l), as(l, freshValue(l.dims, l.seed))]));
}

/** The function, computed once per argument. */
function once(compute: (tensor: Tensor) => RunTensor): (tensor: Tensor) => RunTensor {
  const known = new Map<Tensor, RunTensor>();
  return (tensor) => {
    const value = known.get(tensor) ?? compute(tensor);
    known.set(tensor, value);
    return value;
  };
}
