/** How importances are spread, and where the cut runs through them. JSON of bounded size. */
export interface Histogram {
  /** Where the first bin begins. */
  readonly from: number;
  /** Where the last bin ends; bins are equally wide. */
  readonly to: number;
  /** The largest importance. Above `to` where a few are far larger than the rest: those are counted in the last bin. */
  readonly max: number;
  /** What stayed, by bin. */
  readonly kept: readonly number[];
  /** What left, by bin. */
  readonly removed: readonly number[];
  /** Halfway between the largest that left and the smallest that stayed. Undefined where nothing left, or where something less important than what left stayed. */
  readonly cut?: number;
}

const MAX_BINS = 24;
/** Importances that the end of the last bin is chosen by. */
const SAMPLE = 1 << 16;

/**
 * Counts importances in bins that reach from the smallest to the 99th percentile.
 * @param removed whether the unit or weight at an index left
 */
export function histogram(scores: Float32Array, removed: (index: number) => boolean): Histogram {
  const stride = Math.ceil(scores.length / SAMPLE);
  const sorted = scores.filter((_, i) => i % stride === 0).sort();
  let [from, max, lost, stayed] = [Infinity, -Infinity, -Infinity, Infinity];
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i]!;
    if (score < from) from = score;
    if (score > max) max = score;
    if (removed(i)) {
      if (score > lost) lost = score;
    } else if (score < stayed) stayed = score;
  }
  const high = sorted[Math.ceil(0.99 * (sorted.length - 1))] ?? 0;
  const to = high > from ? high : max;
  const bins = to > from ? Math.min(MAX_BINS, Math.max(4, Math.ceil(2 * Math.sqrt(scores.length)))) : 1;
  const counts = { kept: new Float64Array(bins), removed: new Float64Array(bins) };
  for (let i = 0; i < scores.length; i++) {
    const bin = bins === 1 ? 0 : Math.min(bins - 1, Math.floor(((scores[i]! - from) / (to - from)) * bins));
    const into = removed(i) ? counts.removed : counts.kept;
    into[bin]!++;
  }
  const parted = lost <= stayed && lost > -Infinity && stayed < Infinity;
  return {
    from,
    to,
    max,
    kept: [...counts.kept],
    removed: [...counts.removed],
    ...(parted ? { cut: (lost + stayed) / 2 } : {}),
  };
}
