import type { JsonObject } from "../json.ts";
import type { StoredWeight } from "./stored-weight.ts";
import type { TfjsFile } from "./tfjs-file.ts";

/** Largest shard: what browsers still keep in their cache. TensorFlow.js's own converter cuts there too. */
const SHARD_BYTES = 4 * 2 ** 20;

/** A file with weights, and what it is to be called. */
export interface Shard {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** A model as files: `model.json`, and the shards that it names. */
export interface TfjsFiles {
  readonly json: Uint8Array;
  readonly shards: readonly Shard[];
}

/** @param nameOf names a shard: its group, its position there, how many there are, and its bytes */
export function writeTfjs(
  file: TfjsFile,
  nameOf: (group: number, index: number, count: number, bytes: Uint8Array) => string = shardName,
): TfjsFiles {
  const groups = new Map<number, StoredWeight[]>();
  for (const weight of file.weights) groups.set(weight.group, [...(groups.get(weight.group) ?? []), weight]);
  const shards: Shard[] = [];
  const weightsManifest = [...groups.values()].map((weights, group) => {
    const bytes = concat(weights.map((weight) => weight.bytes));
    const count = Math.max(1, Math.ceil(bytes.length / SHARD_BYTES));
    const own = Array.from({ length: count }, (_, i) => {
      const part = bytes.subarray(i * SHARD_BYTES, (i + 1) * SHARD_BYTES);
      return { name: nameOf(group, i, count, part), bytes: part };
    });
    shards.push(...own);
    return { paths: own.map((shard) => shard.name), weights: weights.map(entryOf) };
  });
  return { json: new TextEncoder().encode(JSON.stringify({ ...file.json, weightsManifest })), shards };
}

/** The name that TensorFlow.js gives to a shard. */
const shardName = (group: number, index: number, count: number): string =>
  `group${group + 1}-shard${index + 1}of${count}.bin`;

/** A weight's entry of the manifest. */
export function entryOf({ entry, name, shape, dtype, quantization }: StoredWeight): JsonObject {
  const { quantization: before, ...rest } = entry;
  void before; // replaced, or gone
  return { ...rest, name, shape, dtype, ...(quantization ? { quantization } : {}) };
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
