/** For each of `size` indices in `count` equal blocks, its block. */
export const blocksOf = (size: number, count: number): Int32Array =>
  Int32Array.from({ length: size }, (_, i) => Math.floor((i * count) / size));

/** For each of `size` indices in blocks of `length`, its position within its block. */
export const placesOf = (size: number, length: number): Int32Array =>
  Int32Array.from({ length: size }, (_, i) => i % length);
