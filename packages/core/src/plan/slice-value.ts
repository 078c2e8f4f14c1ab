import { inFloats } from "../floats-in.ts";
import { errorTokenGone } from "../errors.ts";
import type { Graph } from "../graph/graph.ts";
import { tensorOf, type Tensor } from "../graph/tensor.ts";
import type { RunTensor, RunValues } from "../model.ts";
import { keepSlices, zeroSlices, type KeptAxes } from "./slice.ts";

/** The kept slices of a run's value. */
export const sliceValue = (value: RunTensor, axes: KeptAxes): RunTensor => edited(value, axes, keepSlices);

/** A run's value with zeros in all slices but the kept ones. */
export const zeroValue = (value: RunTensor, axes: KeptAxes): RunTensor => edited(value, axes, zeroSlices);

function edited(value: RunTensor, axes: KeptAxes, edit: (tensor: Tensor, axes: KeptAxes) => Tensor): RunTensor {
  const { dtype, dims, data } = value;
  if (!axes.size || !ArrayBuffer.isView(data)) return value;
  const made = edit(tensorOf("", dtype, dims, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)), axes);
  const array = data.constructor as new (buffer: ArrayBufferLike) => typeof data;
  return { dtype, dims: made.dims, data: new array(made.bytes().buffer) };
}

/**
 * Ids of tokens as they are counted once others are gone.
 * @param ids the old id of each new one, ascending
 * @throws {PruneError} `bad-data` for a token that is gone
 */
export function renumbered(name: string, { dtype, dims, data }: RunTensor, ids: ArrayLike<number>): RunTensor {
  const positions = new Map(Array.from(ids, (id, position) => [id, position]));
  const position = (id: number | bigint): number => {
    const found = positions.get(Number(id));
    if (found === undefined) throw errorTokenGone(name, Number(id));
    return found;
  };
  if (data instanceof BigInt64Array) return { dtype, dims, data: data.map((id) => BigInt(position(id))) };
  return { dtype, dims, data: Int32Array.from(data as ArrayLike<number>, position) };
}

/**
 * What to feed a graph of values made for the one that it was cut from: the slices that are left of its inputs, and
 * nothing for inputs that it does not have. Floats are converted to the float type that an input takes.
 */
export function feedsFor({ inputs }: Pick<Graph, "inputs">, values: RunValues): RunValues {
  return Object.fromEntries(
    inputs.flatMap(({ name, dtype, kept, ids }) => {
      if (!values[name]) return [];
      const value = inFloats(values[name], dtype);
      return [[name, ids ? renumbered(name, value, ids) : kept ? sliceValue(value, kept) : value]];
    }),
  );
}
