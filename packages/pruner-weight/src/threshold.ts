import { type Analysis, type LinearLayer, toFloat32 } from "@prune/core";

/** The weights of linear layers that are not to be left as they are, each tensor once. */
function weightsOf({ linear, ignored }: Analysis): LinearLayer["tensor"][] {
  const layers = linear.filter((layer) => !ignored(layer));
  return [...new Map(layers.map(({ tensor }) => [tensor.name, tensor])).values()];
}

/** The magnitude below which, or at which, a share of all weights lies: `percentile` in (0, 100). */
export function thresholdAt(analysis: Analysis, percentile: number): number {
  const tensors = weightsOf(analysis).map(toFloat32);
  const all = new Float32Array(tensors.reduce((n, { length }) => n + length, 0));
  let from = 0;
  for (const data of tensors) {
    for (let i = 0; i < data.length; i++) all[from + i] = Math.abs(data[i]!);
    from += data.length;
  }
  all.sort();
  const count = Math.floor((all.length * percentile) / 100);
  return count ? all[count - 1]! : 0;
}

/** Masks over the weights whose magnitude is at most a threshold; none of a tensor that has no such weight but zeros. */
export function masksBelow(analysis: Analysis, threshold: number): Map<string, Uint8Array> {
  const masks = new Map<string, Uint8Array>();
  for (const tensor of weightsOf(analysis)) {
    const data = toFloat32(tensor);
    const small = (w: number): boolean => Math.abs(w) <= threshold;
    if (data.some((w) => w !== 0 && small(w)))
      masks.set(
        tensor.name,
        Uint8Array.from(data, (w) => (small(w) ? 0 : 1)),
      );
  }
  return masks;
}
