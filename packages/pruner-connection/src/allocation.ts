import { descending, sizeOf, toFloat32, type LinearLayer } from "@prune/core";

/**
 * How weights that are to leave are shared out among layers.
 * - "uniform": every layer loses the same fraction.
 * - "global": all weights compete, by the scorer's importances as they are.
 * - "erk": Erdős–Rényi kernel; a layer's density is in proportion to `Σ dims / Π dims` of its weights, so that small layers
 *   keep more. Source: Evci et al. 2020, "Rigging the Lottery", arXiv:1911.11134, sec. 3.
 * - "lamp": all weights compete by `w_u² / Σ w_v²` over v of the layer that are at least as large; no layer dies. Which of
 *   a layer's weights leave is still the scorer's to say. Source: Lee et al. 2021, arXiv:2010.07611, eq. 2.
 */
export type ConnectionAllocation = "uniform" | "global" | "erk" | "lamp";

/** A layer, as what it loses is worked out. */
export interface Share {
  readonly layer: LinearLayer;
  /** Number of its weights. */
  readonly size: number;
  /** The most it may lose. */
  readonly most: number;
  /** Importances, for allocations that go by them. */
  readonly scores?: Float64Array;
}

/** How many weights each of some layers loses, so that together they lose `wanted`; fractions and limits aside. */
type Split = (shares: readonly Share[], wanted: number) => number[];

/**
 * Numbers of weights that layers lose: `wanted` together, or as many as their limits allow. Where a layer would lose more
 * than it may, or less than nothing, it is set to that, and the others share the rest anew.
 */
export function shareOut(split: Split, shares: readonly Share[], wanted: number): number[] {
  const counts = new Map<Share, number>();
  let open = shares;
  let rest = wanted;
  while (open.length) {
    const found = split(open, Math.max(0, rest));
    const bound = open.map((share, i) => Math.min(share.most, Math.max(0, Math.ceil(found[i]! - 1e-6))));
    // Limits of one side at a time: what a layer cannot lose, one that is to lose nothing might have to.
    const excess = found.reduce((sum, count, i) => sum + Math.max(0, count - open[i]!.most) + Math.min(0, count), 0);
    const out = open.filter((share, i) => (excess >= 0 ? found[i]! > share.most : found[i]! < 0));
    const fixed = out.length ? out : open;
    for (const share of fixed) {
      const count = bound[open.indexOf(share)]!;
      counts.set(share, count);
      rest -= count;
    }
    open = open.filter((share) => !fixed.includes(share));
  }
  return shares.map((share) => counts.get(share)!);
}

export const splits: Readonly<Record<ConnectionAllocation, Split>> = {
  uniform: (shares, wanted) => {
    const total = shares.reduce((sum, { size }) => sum + size, 0);
    return shares.map(({ size }) => (size * wanted) / total);
  },
  erk: (shares, wanted) => {
    const raw = shares.map(({ layer: { tensor } }) => tensor.dims.reduce((a, b) => a + b, 0) / sizeOf(tensor.dims));
    const total = shares.reduce((sum, { size }) => sum + size, 0);
    const scale = (total - wanted) / shares.reduce((sum, { size }, i) => sum + size * raw[i]!, 0);
    return shares.map(({ size }, i) => size * (1 - scale * raw[i]!));
  },
  global: below,
  lamp: below,
};

/** The weights below one threshold; those right at it are shared out in proportion. */
function below(shares: readonly Share[], wanted: number): number[] {
  const all = new Float64Array(shares.reduce((sum, { size }) => sum + size, 0));
  let at = 0;
  for (const { scores } of shares) {
    all.set(scores!, at);
    at += scores!.length;
  }
  all.sort();
  const limit = all[Math.min(all.length, Math.ceil(wanted)) - 1] ?? -Infinity;
  const count = (share: Share, holds: (score: number) => boolean): number =>
    share.scores!.reduce((n, score) => n + (holds(score) ? 1 : 0), 0);
  const under = shares.map((share) => count(share, (score) => score < limit));
  const tied = shares.map((share) => count(share, (score) => score === limit));
  const left = wanted - under.reduce((a, b) => a + b, 0);
  const ties = tied.reduce((a, b) => a + b, 0) || 1;
  return under.map((n, i) => n + (tied[i]! * left) / ties);
}

/** LAMP scores of a layer's weights. */
export function lampScores({ tensor }: Pick<LinearLayer, "tensor">): Float64Array {
  const weights = toFloat32(tensor);
  const scores = new Float64Array(weights.length);
  let sum = 0;
  for (const i of descending(weights.map(Math.abs))) {
    const square = weights[i]! ** 2;
    sum += square;
    scores[i] = sum > 0 ? square / sum : 0;
  }
  return scores;
}
