/** Memory that is used again and again, for copies that are needed for a short while: fresh memory is slow to fill. */
export class Scratch {
  readonly #slab: Uint8Array;
  #used = 0;

  /** @param size bytes to hold; what does not fit gets memory of its own */
  constructor(size: number) {
    this.#slab = new Uint8Array(size);
  }

  /** Bytes at an address that fits every element type, holding anything. */
  readonly take = (length: number): Uint8Array => {
    const from = this.#used;
    if (from + length > this.#slab.length) return new Uint8Array(length);
    this.#used = Math.ceil((from + length) / 8) * 8;
    return this.#slab.subarray(from, from + length);
  };

  /** Ends the use of all that was taken. */
  clear(): void {
    this.#used = 0;
  }
}
