import {
  dot,
  multiply,
  rangesOf,
  scatter,
  sizeOf,
  type DampingOptions,
  type LinearLayer,
  type MaskRule,
  type ScoreContext,
} from "@prune/core";
import { inverseFactorsOf } from "./inverse-factors.ts";
import { liveWeights, momentsOf } from "./moments.ts";
import { select } from "./select.ts";
import { sweep, WIDTH } from "./sweep.ts";

/** How masks are chosen. */
export interface MaskOptions extends DampingOptions {
  /** Stages of {@link select}; 0: the sweep alone. */
  readonly stages: number;
}

/** The mask that suits a layer's second moments best; without them, by w². In the layout of the layer's tensor. */
export async function maskFor(
  layer: LinearLayer,
  rule: MaskRule,
  context: ScoreContext,
  options: MaskOptions,
): Promise<Uint8Array> {
  const { stages, gemm, damping } = options;
  const moments = await momentsOf(layer, context);
  const weights = liveWeights(layer, moments);
  const scales = moments && layer.blocks > 1 ? await blockScales(layer, weights, moments, options) : undefined;
  const mask =
    moments && stages
      ? await select({ layer, weights, moments, damping, scales, rule, stages, gemm })
      : await maskBySweep(layer, weights, moments, scales, rule, options);
  return scatter(layer, mask, new Uint8Array(sizeOf(layer.tensor.dims)).fill(1));
}

/** The mask that a sweep chooses as it goes, by what each weight costs the columns after it. */
async function maskBySweep(
  layer: LinearLayer,
  weights: Float64Array,
  moments: readonly Float64Array[] | undefined,
  scales: Float64Array | undefined,
  rule: MaskRule,
  options: DampingOptions,
): Promise<Uint8Array> {
  const found = moments && (await inverseFactorsOf(layer, moments, options));
  const columns = layer.features * layer.kernel;
  return sweep({
    layer,
    weights,
    factors: found?.factors ?? Array.from({ length: layer.blocks }, () => identity(columns)),
    ranges: rangesOf(layer, rule, WIDTH),
    choose: (scores, range) => {
      const perBlock = layer.rows * (range[1] - range[0]);
      if (scales) for (let i = 0; i < scores.length; i++) scores[i]! *= scales[Math.floor(i / perBlock)]!;
      return rule.choose({ scores, columns: range });
    },
    gemm: options.gemm,
  });
}

/**
 * Per block one over the mean square of what it yields, bias aside: blocks, such as the channels of a depthwise
 * convolution, compete by the share of their output that they would lose. They read different inputs, whose scales a
 * normalisation behind them evens out. Rows of one block, which read the same, compete as they are.
 */
async function blockScales(
  { blocks, rows }: LinearLayer,
  weights: Float64Array,
  moments: readonly Float64Array[],
  { gemm = multiply }: DampingOptions,
): Promise<Float64Array> {
  const size = weights.length / blocks;
  const scales = new Float64Array(blocks);
  for (let block = 0; block < blocks; block++) {
    const own = weights.subarray(block * size, (block + 1) * size);
    const image = await gemm(own, moments[block]!, rows, size / rows, size / rows);
    const energy = dot(own, 0, image, 0, size);
    scales[block] = energy > 0 ? 1 / energy : 0;
  }
  return scales;
}

const identity = (n: number): Float64Array => Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) ? 0 : 1));
