import { type Analysis, type LinearLayer, Masks, nthSmallestOf, sizeOf, toFloat32 } from "@prune/core";

/** The weights of linear layers that are not to be left as they are, each tensor once. */
function weightsOf({ linear, ignored }: Analysis): LinearLayer["tensor"][] {
  const layers = linear.filter((layer) => !ignored(layer));
  return [...new Map(layers.map(({ tensor }) => [tensor.name, tensor])).values()];
}

/** The magnitude below which, or at which, a share of all weights lies: `percentile` in (0, 100). */
export function thresholdAt(analysis: Analysis, percentile: number): number {
  const tensors = weightsOf(analysis);
  const total = tensors.reduce((n, { dims }) => n + sizeOf(dims), 0);
  const count = Math.floor((total * percentile) / 100);
  return count ? nthSmallestOf(() => eachMagnitudes(tensors), count - 1) : 0;
}

function* eachMagnitudes(tensors: readonly LinearLayer["tensor"][]): Generator<Float32Array> {
  for (const tensor of tensors) yield toFloat32(tensor).map(Math.abs);
}

/** Masks over the weights whose magnitude is at most a threshold; none of a tensor that has no such weight but zeros. */
export function masksBelow(analysis: Analysis, threshold: number): Masks {
  const masks = new Masks();
  for (const tensor of weightsOf(analysis)) {
    const data = toFloat32(tensor);
    const small = (w: number): boolean => Math.abs(w) <= threshold;
    if (data.some((w) => w !== 0 && small(w)))
      masks.add(tensor.name, new Uint8Array(data.map((w) => (small(w) ? 0 : 1))));
  }
  return masks;
}
