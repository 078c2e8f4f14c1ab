import type { RunTensor } from "./model.ts";

/** Bytes that were put away. */
export interface Stored {
  /** The bytes; not to be written to. */
  readonly read: () => Uint8Array;
  /** Says that they will not be read any more. */
  readonly free: () => void;
}

/** Puts bytes away until they are needed. What is given must not change afterwards. */
export type Keep = (bytes: Uint8Array) => Stored;

/** Where there is nowhere to put them, bytes stay in memory. */
export const keepInMemory: Keep = (bytes) => ({ read: () => bytes, free: () => undefined });

/** A run's value that was put away. */
export interface StoredValue extends Pick<RunTensor, "dtype" | "dims"> {
  readonly read: () => RunTensor;
  readonly free: () => void;
}

/** Values of fewer bytes are not worth the way. */
const MIN_BYTES = 4096;

// What reads numbers back is made in a function of its own: it would hold on to all that functions around it refer to.

/** Puts a run's value away. */
export function storedValue(value: RunTensor, keep: Keep): StoredValue {
  const { dtype, dims, data } = value;
  if (!("buffer" in data) || data.byteLength < MIN_BYTES) return asIs(value);
  const stored = keep(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  const View = data.constructor as View<typeof data>;
  return { dtype, dims, read: tensorReader(stored, { dtype, dims }, View, data.length), free: stored.free };
}

type View<T> = new (buffer: ArrayBufferLike, offset: number, length: number) => T;

const asIs = (value: RunTensor): StoredValue => {
  const { dtype, dims } = value;
  return { dtype, dims, read: () => value, free: () => undefined };
};

function tensorReader(
  stored: Stored,
  kind: Pick<RunTensor, "dtype" | "dims">,
  View: View<RunTensor["data"]>,
  length: number,
): () => RunTensor {
  const read = viewReader(stored, View, length);
  return () => ({ ...kind, data: read() });
}

function viewReader<T>(stored: Stored, View: View<T>, length: number): () => T {
  return () => {
    const { buffer, byteOffset } = stored.read();
    return new View(buffer, byteOffset, length);
  };
}

/** Puts float32 numbers away. */
export function storedFloats(values: Float32Array, keep: Keep): { readonly read: () => Float32Array } {
  const stored = keep(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  return { read: viewReader(stored, Float32Array, values.length) };
}

/** A map of large arrays that are not in memory: each is made anew when it is asked for. */
export class LazyMap<V> implements ReadonlyMap<string, V> {
  readonly #make = new Map<string, () => V>();

  /** @param others values that are there from the start */
  constructor(...others: readonly ReadonlyMap<string, V>[]) {
    for (const map of others) for (const name of map.keys()) this.#make.set(name, () => map.get(name)!);
  }

  set(name: string, make: () => V): void {
    this.#make.set(name, make);
  }

  get size(): number {
    return this.#make.size;
  }

  has(name: string): boolean {
    return this.#make.has(name);
  }

  get(name: string): V | undefined {
    return this.#make.get(name)?.();
  }

  keys(): MapIterator<string> {
    return this.#make.keys();
  }

  *values(): MapIterator<V> {
    for (const make of this.#make.values()) yield make();
  }

  *entries(): MapIterator<[string, V]> {
    for (const [name, make] of this.#make) yield [name, make()];
  }

  [Symbol.iterator](): MapIterator<[string, V]> {
    return this.entries();
  }

  forEach(visit: (value: V, name: string, map: ReadonlyMap<string, V>) => void): void {
    for (const [name, value] of this) visit(value, name, this);
  }
}
