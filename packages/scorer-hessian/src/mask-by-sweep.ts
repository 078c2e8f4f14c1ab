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
import { sweep, WIDTH } from "./sweep.ts";

/** The mask that a sweep chooses as it goes; without second moments, by w². In the layout of the layer's tensor. */
export async function maskBySweep(
  layer: LinearLayer,
  rule: MaskRule,
  context: ScoreContext,
  options: DampingOptions,
): Promise<Uint8Array> {
  const moments = await momentsOf(layer, context);
  const found = moments && (await inverseFactorsOf(layer, moments, options));
  const columns = layer.features * layer.kernel;
  const weights = liveWeights(layer, moments);
  const scales = moments && layer.blocks > 1 ? await blockScales(layer, weights, moments, options) : undefined;
  const mask = await sweep({
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
  return scatter(layer, mask, new Uint8Array(sizeOf(layer.tensor.dims)).fill(1));
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
