import { isFloat, sizeOf, toFloat32, type Analysis, type Tensor } from "@prune/core";

/** What is known of a slice: nothing (0), that it holds one number throughout, or that this number is zero. */
export const UNIFORM = 1;
export const ZERO = 2;

/** One of the above per index of an axis, or per unit of a group. */
export type Facts = Uint8Array;

/** The constants of a network while it is being emptied: copies are made of what changes. */
export class Weights {
  private readonly constants: ReadonlyMap<string, Tensor>;
  private readonly copies = new Map<string, Float32Array>();
  private readonly known = new Map<string, Facts>();

  constructor({ operands }: Analysis) {
    this.constants = operands.constants;
  }

  /** All elements; not to be written to. */
  data(name: string): Float32Array {
    return this.copies.get(name) ?? toFloat32(this.constants.get(name)!);
  }

  set(name: string, data: Float32Array): void {
    this.copies.set(name, data);
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
    const data = this.copies.get(name) ?? this.data(name).slice();
    const size = dims[axis]!;
    const inner = sizeOf(dims.slice(axis + 1));
    const going = Array.from({ length: size }, (_, i) => i).filter(goes);
    for (let row = 0; row < data.length; row += size * inner)
      for (const i of going) data.fill(0, row + i * inner, row + (i + 1) * inner);
    this.set(name, data);
  }
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
