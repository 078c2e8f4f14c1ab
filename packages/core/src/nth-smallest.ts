/**
 * The number that would stand at place `n`, from 0, if numbers were sorted.
 * @param values at least n + 1 numbers, none of them NaN
 */
export function nthSmallest(values: Float32Array | Float64Array, n: number): number {
  const few = values instanceof Float64Array || values.length < FEW;
  return few ? values.slice().sort()[n]! : nthSmallestOf(() => [values], n);
}

/** So many numbers are sorted sooner than counted. */
const FEW = 1 << 18;

/**
 * The same of several lists together, which are gone through twice: numbers are counted by the upper and then by the lower
 * halves of their bits, and neither copied nor sorted.
 */
export function nthSmallestOf(lists: () => Iterable<Float32Array>, n: number): number {
  const upper = new Uint32Array(1 << 16);
  for (const bits of bitsOf(lists)) for (let i = 0; i < bits.length; i++) upper[orderOf(bits[i]!) >>> 16]!++;
  const [high, before] = bucketOf(upper, n);
  const lower = new Uint32Array(1 << 16);
  for (const bits of bitsOf(lists)) {
    for (let i = 0; i < bits.length; i++) {
      const order = orderOf(bits[i]!);
      if (order >>> 16 === high) lower[order & 0xffff]!++;
    }
  }
  const [low] = bucketOf(lower, n - before);
  const order = high * 65536 + low;
  const found = Uint32Array.of(order >= 2 ** 31 ? order - 2 ** 31 : ~order);
  return new Float32Array(found.buffer)[0]!;
}

function* bitsOf(lists: () => Iterable<Float32Array>): Generator<Uint32Array> {
  for (const { buffer, byteOffset, length } of lists()) yield new Uint32Array(buffer, byteOffset, length);
}

/** The bits of a float as a whole number of the same order: negative numbers grow the other way. */
const orderOf = (bits: number): number => (bits >>> 31 ? ~bits : bits + 2 ** 31) >>> 0;

/** The bucket that the n-th of all is in, and how many are in those before it. */
function bucketOf(counts: Uint32Array, n: number): readonly [bucket: number, before: number] {
  let before = 0;
  let bucket = 0;
  while (before + counts[bucket]! <= n) before += counts[bucket++]!;
  return [bucket, before];
}
