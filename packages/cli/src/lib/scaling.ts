import { fromHalves, PruneError } from "@prune/core";
import type { Scaling } from "@prune/report";
import type { NpyArray } from "./npy.ts";

export type { Scaling } from "@prune/report";

/** The factor that applies to data of a type. */
export function scaleOf({ scale }: Scaling, dtype: NpyArray["dtype"]): number {
  return scale ?? (dtype === "uint8" ? 1 / 255 : 1);
}

/**
 * Some samples of an array as scaled float32.
 * @throws {PruneError} `bad-data` when `mean` or `std` fit no axis
 */
export function scaled({ data, dims, dtype }: NpyArray, scaling: Scaling, from: number, to: number): Float32Array {
  const scale = scaleOf(scaling, dtype);
  const some = data.subarray(from, to);
  const values = dtype === "float16" ? fromHalves(some as Uint16Array) : some;
  const out = new Float32Array(to - from);
  for (let i = 0; i < out.length; i++) out[i] = Number(values[i]!) * scale;
  const { mean = [0], std = [1] } = scaling;
  const channels = Math.max(mean.length, std.length);
  if (channels === 1 && mean[0] === 0 && std[0] === 1) return out;
  const { count, stride } = channelsOf(dims, channels);
  for (let i = 0; i < out.length; i++) {
    const c = Math.floor((from + i) / stride) % count;
    out[i] = (out[i]! - (mean[c] ?? mean[0]!)) / (std[c] ?? std[0]!);
  }
  return out;
}

/** Where the channels are: the second axis or, when only that fits, the last. */
function channelsOf(dims: readonly number[], channels: number): { count: number; stride: number } {
  if (channels === 1) return { count: 1, stride: 1 };
  const axis = dims[1] === channels ? 1 : dims.length - 1;
  if (dims[axis] !== channels) {
    throw new PruneError(
      "bad-data",
      `--mean and --std have ${channels} numbers, but no axis of the data [${dims.join(", ")}] has as many channels.`,
    );
  }
  return { count: channels, stride: dims.slice(axis + 1).reduce((a, b) => a * b, 1) };
}
