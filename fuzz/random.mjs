/** Random choices that a seed repeats: mulberry32. */
export function randomOf(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (n) => Math.floor(next() * n);
  return { next, below, pick: (list) => list[below(list.length)] };
}

/** What leads out of the model's folder, or nowhere. */
export const LOCATIONS = [
  "../../../etc/passwd",
  "/etc/passwd",
  "missing.bin",
  "",
  "..",
  ".",
  "a\0b",
  "model.onnx",
  "C:\\x",
];

/** Numbers that break what was never checked. */
export const EXTREMES = [
  0,
  1,
  2,
  -1,
  7,
  255,
  65_536,
  2 ** 31 - 1,
  2 ** 31,
  -(2 ** 31),
  2 ** 32,
  2 ** 53 - 1,
  1e18,
  -1e18,
];
