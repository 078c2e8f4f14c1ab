import { sizeOf, type Scorer } from "@prune/core";

export interface RandomOptions {
  /** Seed; default the seed of the run. */
  readonly seed?: number;
}

/** Uniform numbers in [0, 1), the same for the same seed and group, or seed and tensor of single weights. A baseline: an importance is worth what it beats this by. */
export function random(options: RandomOptions = {}): Scorer {
  const draw = (name: string, length: number, seed: number): Float32Array =>
    Float32Array.from({ length }, generator(hash(name) ^ Math.imul((options.seed ?? seed) + 1, 0x9e3779b9)));
  return {
    name: "random",
    needs: [],
    score: ({ id, size }, { seed }) => draw(id, size, seed),
    scoreWeights: ({ tensor }, { seed }) => draw(tensor.name, sizeOf(tensor.dims), seed),
  };
}

/** A small generator of 32-bit state (splitmix32). */
function generator(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let z = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 8) / 2 ** 24;
  };
}

function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h;
}
