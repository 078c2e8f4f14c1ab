import { floatsOf } from "../floats-in.ts";
import type { DataSource } from "../data.ts";
import { GraphBuilder } from "../graph/graph-builder.ts";
import { sizeOf } from "../graph/tensor.ts";
import type { RunValues } from "../model.ts";
import type { Analysis } from "../solver/analyze.ts";
import type { LinearLayer } from "../solver/linear-layers.ts";
import { Trail } from "../trail.ts";
import { blocksOf } from "./blocks-of.ts";
import { changingMoments } from "./changing-moments.ts";
import type { EvidenceContext, EvidenceProvider, HessianEvidence, SecondMoments } from "./evidence.ts";
import { hasFixedBatch } from "./runs.ts";

export interface SecondMomentOptions {
  /** Bytes of moments that are gathered in one pass over the samples. Default 256 MiB. */
  readonly passBytes?: number;
  /** Bytes of unfolded inputs in one run, which bound the batch size. Default 128 MiB. */
  readonly runBytes?: number;
}

/**
 * Second moments `mean(x·xᵀ)` of what every linear layer multiplies its weights with: for a convolution the windows under
 * its kernel. Products are computed inside the graph; sums over batches are kept in double precision. Layers are taken
 * in passes of bounded memory, of which only the latest is kept; each goes on where the one before it ended.
 */
export function secondMoments(options: SecondMomentOptions = {}): EvidenceProvider<"hessian"> {
  return { kind: "hessian", gather: (context) => Promise.resolve(gather(context, options)) };
}

function gather(
  { model, analysis, data, onProgress }: EvidenceContext,
  { passBytes = 2 ** 28, runBytes = 2 ** 27 }: SecondMomentOptions,
): HessianEvidence {
  const layers = analysis.linear.filter((layer) => layer.unfold);
  let known = new Map<LinearLayer, SecondMoments>();
  const small = smallEnough(data, analysis, layers, runBytes);
  const trail = new Trail(model.runtime, analysis.graph, small, KEPT_BYTES);
  return {
    of: async (layer) => {
      if (!layer.unfold) return undefined;
      if (!known.has(layer)) {
        known = new Map(); // before there are others
        known = await momentsOf(analysis, passFrom(layers, layer, passBytes), trail, onProgress);
      }
      return known.get(layer);
    },
    after: (cut, edits) => {
      known = new Map(); // those of the last pass have served their turn
      return changingMoments({ model, analysis, cut, edits, data: small });
    },
  };
}

/** Bytes of activations that are kept in memory between two passes. */
const KEPT_BYTES = 2 ** 29;

const columnsOf = (layer: LinearLayer): number => layer.features * layer.kernel;

/** A layer and those after it, as many as fit. */
function passFrom(layers: readonly LinearLayer[], first: LinearLayer, passBytes: number): LinearLayer[] {
  const part: LinearLayer[] = [];
  let bytes = 0;
  for (const layer of layers.slice(layers.indexOf(first))) {
    bytes += 8 * layer.blocks * columnsOf(layer) ** 2;
    if (part.length && bytes > passBytes) break;
    part.push(layer);
  }
  return part;
}

/** The same samples in batches whose unfolded inputs take no more than some bytes. */
export function smallEnough(
  data: DataSource,
  { graph, shapes }: Analysis,
  layers: readonly LinearLayer[],
  runBytes: number,
): DataSource {
  if (hasFixedBatch(graph)) return data;
  const perSample = layers.map((layer) => {
    const dims = shapes.canonical.get(layer.output.value) ?? [];
    return (4 * sizeOf(dims) * layer.blocks * columnsOf(layer)) / layer.output.size;
  });
  const batchSize = Math.max(1, Math.min(data.batchSize, Math.floor(runBytes / Math.max(1, ...perSample))));
  return { ...data, batch: (from, to) => data.batch(from, to), batchSize };
}

async function momentsOf(
  { graph }: Analysis,
  layers: readonly LinearLayer[],
  trail: Trail,
  onProgress: EvidenceContext["onProgress"],
): Promise<Map<LinearLayer, SecondMoments>> {
  const builder = new GraphBuilder(graph);
  const parts = layers.map((layer) => ({
    layer,
    ...productsOf(builder, layer),
    sums: sumsOf(layer),
    total: { count: 0 },
  }));
  const add = (values: RunValues): void => {
    for (const { layer, product, mean, rows, sums, total } of parts) {
      const columns = columnsOf(layer);
      total.count += Number(values[rows]!.data[0]);
      const [x, m] = [floatsOf(values[product]!), floatsOf(values[mean]!)];
      for (let b = 0; b < layer.blocks; b++) {
        addInto(sums.blocks[b]!, x, b * columns * columns);
        addInto(sums.means[b]!, m, b * columns);
      }
    }
  };
  const wanted = parts.flatMap(({ product, mean, rows }) => [product, mean, rows]);
  const stretch = await trail.open(
    builder.build(),
    wanted,
    layers.map((layer) => layer.input.value),
  );
  try {
    for (const [i, [, to]] of trail.batches.entries()) {
      add(await stretch.run(i));
      onProgress?.(to, trail.batches.at(-1)![1]);
    }
  } finally {
    await stretch.close();
  }
  return new Map(
    parts.map(({ layer, sums, total: { count } }) => {
      for (const sum of [...sums.blocks, ...sums.means])
        for (let i = 0; i < sum.length; i++) sum[i]! /= Math.max(1, count);
      return [layer, { count, columns: columnsOf(layer), ...sums }];
    }),
  );
}

const sumsOf = (layer: LinearLayer): Pick<SecondMoments, "blocks" | "means"> => ({
  blocks: Array.from({ length: layer.blocks }, () => new Float64Array(columnsOf(layer) ** 2)),
  means: Array.from({ length: layer.blocks }, () => new Float64Array(columnsOf(layer))),
});

function addInto(sum: Float64Array, from: Float32Array, start: number): void {
  for (let i = 0; i < sum.length; i++) sum[i]! += from[start + i]!;
}

/** Emits `Σ x·xᵀ` and `Σ x` over positions, block by block, and the number of positions. */
export function productsOf(builder: GraphBuilder, layer: LinearLayer): { product: string; mean: string; rows: string } {
  const columns = columnsOf(layer);
  const matrix = builder.op("Cast", [layer.unfold!(builder)], { to: 1 });
  const rows = builder.output(builder.op("Gather", [builder.op("Shape", [matrix]), builder.int64([0])]));
  const blocks = blocksOf(builder, matrix, layer.blocks, columns);
  const product = builder.output(builder.op("MatMul", [blocks.across, blocks.down]));
  return { product, mean: builder.output(builder.sum(matrix, [0])), rows };
}
