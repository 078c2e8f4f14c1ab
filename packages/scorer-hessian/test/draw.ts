import { multiply } from "@prune/core";

/** Numbers in [−1, 1) from a seed. */
export function draw(size: number, seed: number): Float64Array {
  let state = seed >>> 0;
  return Float64Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** Second moments of made-up inputs. */
export function moments(n: number, seed: number): Float64Array {
  const x = draw(n * 2 * n, seed);
  return multiply(x, x, n, 2 * n, n).map((v, i) => v / (2 * n) + (i % (n + 1) ? 0 : 0.05));
}

/** `Σ (w − w₀)·H·(w − w₀)ᵀ` over rows. */
export function lossOf(w: Float64Array, before: Float64Array, h: Float64Array, n: number): number {
  const d = w.map((v, i) => v - before[i]!);
  return multiply(d, h, d.length / n, n, n).reduce((sum, v, i) => sum + v * d[i]!, 0);
}
