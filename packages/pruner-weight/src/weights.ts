import { isFloat, LazyMap, sizeOf, toFloat32, type Analysis, type Tensor } from "@prune/core";

/** What is known of a slice: nothing (0), that it holds one number throughout, or that this number is zero. */
export const UNIFORM = 1;
export const ZERO = 2;

/** One of the above per index of an axis, or per unit of a group. */
export type Facts = Uint8Array;

/** Indices of an axis whose slices are zero. */
interface Cleared {
  readonly axis: number;
  readonly indices: readonly number[];
}

/** The constants of a network while it is being emptied. What leaves is noted; elements are read when they are needed. */
export class Weights {
  private readonly constants: ReadonlyMap<string, Tensor>;
  private readonly masks: ReadonlyMap<string, Uint8Array>;
  private readonly values = new Map<string, Float32Array>();
  private readonly cleared = new Map<string, Cleared[]>();
  private readonly known = new Map<string, Facts>();

  /** @param masks of weights that are zero from the start */
  constructor({ operands }: Analysis, masks: ReadonlyMap<string, Uint8Array> = new LazyMap()) {
    this.constants = operands.constants;
    this.masks = masks;
  }

  /** All elements; not to be written to. */
  data(name: string): Float32Array {
    const tensor = this.constants.get(name)!;
    const given = this.values.get(name);
    const mask = given ? undefined : this.masks.get(name);
    const cleared = this.cleared.get(name);
    const own = given ?? toFloat32(tensor);
    if (!mask && !cleared) return own;
    const data = own.slice();
    if (mask) for (let i = 0; i < data.length; i++) if (!mask[i]) data[i] = 0;
    for (const slices of cleared ?? []) clear(data, tensor.dims, slices);
    return data;
  }

  /** Gives a constant other elements. */
  set(name: string, data: Float32Array): void {
    this.values.set(name, data);
    this.cleared.delete(name);
    this.forget(name);
  }

  private forget(name: string): void {
    for (const key of this.known.keys()) if (key.endsWith(`:${name}`)) this.known.delete(key);
  }

  /** What is known of every index of an axis of a constant. */
  along({ name, dtype, dims }: Tensor, axis: number): Facts {
    const key = `${axis}:${name}`;
    let facts = this.known.get(key);
    if (!facts)
      this.known.set(key, (facts = isFloat(dtype) ? scan(this.data(name), dims, axis) : new Uint8Array(dims[axis]!)));
    return facts;
  }

  /** Sets the slices of some indices of an axis to zero. */
  clear({ name, dims }: Tensor, axis: number, goes: (index: number) => boolean): void {
    const indices = Array.from({ length: dims[axis]! }, (_, i) => i).filter(goes);
    this.cleared.set(name, [...(this.cleared.get(name) ?? []), { axis, indices }]);
    this.forget(name);
  }
}

function clear(data: Float32Array, dims: readonly number[], { axis, indices }: Cleared): void {
  const inner = sizeOf(dims.slice(axis + 1));
  for (let row = 0; row < data.length; row += dims[axis]! * inner)
    for (const i of indices) data.fill(0, row + i * inner, row + (i + 1) * inner);
}

/** Looks at every slice only as far as it holds one number: most are done with after two elements. */
function scan(data: Float32Array, dims: readonly number[], axis: number): Facts {
  const size = dims[axis]!;
  const inner = sizeOf(dims.slice(axis + 1));
  const facts = new Uint8Array(size);
  let open = Array.from({ length: size }, (_, i) => i);
  for (let row = 0; row < data.length && open.length; row += size * inner) {
    open = open.filter((i) => {
      const first = data[i * inner];
      for (let at = row + i * inner, end = at + inner; at < end; at++) if (data[at] !== first) return false;
      return true;
    });
  }
  for (const i of open) facts[i] = data[i * inner] === 0 ? ZERO : UNIFORM;
  return facts;
}

/** What is known of each unit, from what is known of the indices of an axis that belong to it (−1: to none). */
export function byUnit(facts: Facts, units: ArrayLike<number>, size: number): Facts {
  const least = new Uint8Array(size).fill(ZERO);
  for (let i = 0; i < facts.length; i++) {
    const unit = units[i]!;
    if (unit >= 0 && facts[i]! < least[unit]!) least[unit] = facts[i]!;
  }
  return least;
}

/** What is known of each unit where all of several things are to hold. */
export const weakest = (all: readonly Facts[]): Facts | undefined =>
  all.length ? all[0]!.map((fact, i) => all.reduce((least, facts) => Math.min(least, facts[i]!), fact)) : undefined;
