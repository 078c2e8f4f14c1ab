/** Repeatable numbers in [0, 1): mulberry32. */
export function generator(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** The numbers below `count` in a random order (Fisher–Yates). */
export function permutation(count: number, random: () => number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

/** Splits samples into those to learn from and those held out, at random. */
export function split(count: number, held: number, seed: number): { training: Uint32Array; held: Uint32Array } {
  const order = permutation(count, generator(seed ^ 0x5eed));
  const size = Math.min(count - 1, Math.round(count * held));
  return { training: order.slice(size).sort(), held: order.slice(0, size).sort() };
}
