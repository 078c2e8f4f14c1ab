import {
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
  const mask = await sweep({
    layer,
    weights: liveWeights(layer, moments),
    factors: found?.factors ?? Array.from({ length: layer.blocks }, () => identity(columns)),
    ranges: rangesOf(layer, rule, WIDTH),
    choose: (scores, range) => rule.choose({ scores, columns: range }),
    gemm: options.gemm,
  });
  return scatter(layer, mask, new Uint8Array(sizeOf(layer.tensor.dims)).fill(1));
}

const identity = (n: number): Float64Array => Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) ? 0 : 1));
