import { CHUNK_BYTES, chunksLike, chunksOf } from "../../parts/chunks.ts";
import { Walk } from "../../parts/walk.ts";
import type { Graph } from "../../graph/graph.ts";
import type { Node } from "../../graph/node.ts";
import { sizeOf, type Tensor } from "../../graph/tensor.ts";
import type { Runtime, RunTensor, RunValues } from "../../model.ts";
import type { Analysis } from "../../solver/analyze.ts";
import type { Cut } from "../cut.ts";
import { renumbered, sliceValue, zeroValue } from "../slice-value.ts";
import type { KeptAxes } from "../slice.ts";
import { Comparison } from "./comparison.ts";
import { freshValue } from "./fresh.ts";
import { freshName, openedLayers, openedNodes, type OpenedLayer } from "./layers.ts";
import { Scratch } from "./scratch.ts";
import { maskedTensor, withParameters } from "./weights.ts";
import { runTensorOf, withConstantsAsParameters } from "../../parts/weights.ts";

export interface SideBySideOptions {
  /** The original with its edits. */
  readonly analysis: Analysis;
  /** What computes the outputs that the pruned graph's are compared with, once its cut slices are at zero. */
  readonly reference: Graph;
  /** Whether slices that are cut stay as they are in the original's weights, because they do not matter. */
  readonly lossless: boolean;
  readonly cut: Cut;
  readonly pruned: Graph;
  readonly runtime: Runtime;
  readonly tolerance: number;
  /** The sample inputs of both graphs: the first serves all comparisons, the others those of the outputs alone. */
  readonly feeds: readonly [RunValues, ...RunValues[]];
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
  /** The reference's outputs for each of the sample inputs; without those that no node computes. */
  readonly outputs: readonly RunValues[];
}

/**
 * Walks through the masked original and the pruned graph part by part. In one pass over the original's weights every
 * layer reads fresh values, the same in both graphs, and what reaches the next layers is compared; and the reference
 * computes its outputs for the sample inputs. Of a lossless cut the original's weights are not masked: what is cut from
 * its fresh values is zero instead.
 * @throws {PruneError} `verification-failed`, `runtime-failed`
 */
export async function runSideBySide(options: SideBySideOptions): Promise<SideBySide> {
  const { analysis, lossless, cut, runtime, tolerance, feedAbove } = options;
  const [feeds] = options.feeds;
  const narrow = feedsAfter(cut, options.pruned, feeds);
  const scratch = new Scratch(Math.min(options.chunkBytes, CHUNK_BYTES));
  // Of a tensor that both graphs hold, one masked copy is made.
  const mask = once((tensor) =>
    lossless ? tensor : maskedTensor(tensor, cut, scratch.take, analysis.quantized.get(tensor.name)),
  );
  const masked = withParameters(withConstantsAsParameters(analysis.graph), mask);
  const reference = withParameters(withConstantsAsParameters(options.reference), mask);
  const pruned = withConstantsAsParameters(options.pruned);
  const layers = openedLayers(analysis, pruned);
  const activations = new Map(layers.map(({ node, dims }) => [node, 8 * sizeOf(dims)])); // fed, and fetched
  const chunks = chunksOf(masked, options.chunkBytes, (node) => activations.get(node) ?? 0);
  const prunedChunks = chunksLike(pruned, chunks);
  const referenceChunks = chunksLike(reference, chunks);

  const ends = masked.outputs.map((v) => v.name);
  const comparison = new Comparison(layers, ends, cut, tolerance);
  const walk = (graph: Graph, parts: ReadonlyMap<Node, number>, wanted: Iterable<string>): Walk =>
    new Walk({ graph, chunks: parts, wanted, runtime, feedAbove, session: { cpu: true, optimize: false } });
  const whole = walk(reference, referenceChunks, ends);
  const all = options.feeds.map((own) => () => own);
  const outputs = options.feeds.map((): Record<string, RunTensor> => ({}));
  const original = walk(masked, openedNodes(chunks, layers, "node"), comparison.originals());
  const partner = walk(pruned, openedNodes(prunedChunks, layers, "partner"), comparison.partners());

  const count = 1 + Math.max(-1, ...chunks.values(), ...prunedChunks.values(), ...referenceChunks.values());
  const cutOf = ({ node, input }: OpenedLayer): KeptAxes => cut.axesOf(node.inputs[input]!);
  const fill = (layer: OpenedLayer, value: RunTensor): RunTensor => lossless ? zeroValue(value, cutOf(layer)) : value; // prettier-ignore
  const keep = (layer: OpenedLayer, value: RunTensor): RunTensor => sliceValue(value, cutOf(layer));
  for (let i = 0; i < count; i++) {
    scratch.clear();
    const weights = new Map<Tensor, RunTensor>();
    const weight = once((tensor) => runTensorOf(tensor, scratch.take), weights);
    (await whole.step(i, all, weight)).forEach((found, run) => Object.assign(outputs[run]!, found));
    const here = layers.filter((l) => chunks.get(l.node) === i);
    for (const found of await original.step(i, [() => ({ ...feeds, ...freshValues(here, fill) })], weight))
      comparison.addOriginals(found);
    for (const tensor of weights.keys()) if (tensor.stored) weights.delete(tensor); // before the partner's are read
    const there = layers.filter((l) => prunedChunks.get(l.partner) === i);
    for (const found of await partner.step(i, [() => ({ ...narrow, ...freshValues(there, keep) })], weight))
      comparison.addPartners(found);
  }
  const { worst, proven, unproven } = comparison;
  return { layerError: worst, layers: layers.length, proven, unproven, outputs };
}

/** What a cut leaves of the sample inputs of the network before it. */
export const feedsAfter = (cut: Cut, { inputs }: Pick<Graph, "inputs">, feeds: RunValues): RunValues =>
  Object.fromEntries(
    inputs.map(({ name }) => {
      const { tokens } = cut;
      const value = feeds[name]!;
      return [
        name,
        tokens?.input === name ? renumbered(name, value, tokens.kept) : sliceValue(value, cut.axesOf(name)),
      ];
    }),
  );

/** Sample inputs in which every token is one that stays. */
export function feedsOfKept({ tokens }: Cut, feeds: RunValues): RunValues {
  const ids = tokens && feeds[tokens.input];
  if (!ids) return feeds;
  const stays = (id: number | bigint): number => tokens.kept[Number(id) % tokens.kept.length]!;
  const data = ids.data instanceof BigInt64Array ? ids.data.map((id) => BigInt(stays(id))) : Int32Array.from(ids.data as ArrayLike<number>, stays); // prettier-ignore
  return { ...feeds, [tokens.input]: { ...ids, data } };
}

function freshValues(
  layers: readonly OpenedLayer[],
  as: (layer: OpenedLayer, value: RunTensor) => RunTensor,
): RunValues {
  return Object.fromEntries(layers.map((l) => [freshName(l), as(l, freshValue(l.dims, l.seed))]));
}

/** The function, computed once per argument. */
function once<B>(compute: (tensor: Tensor) => B, known = new Map<Tensor, B>()): (tensor: Tensor) => B {
  return (tensor) => {
    const value = known.get(tensor) ?? compute(tensor);
    known.set(tensor, value);
    return value;
  };
}
