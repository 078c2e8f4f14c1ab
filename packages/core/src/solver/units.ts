import type { Dim } from "./dims.ts";
import type { Space } from "./space.ts";

/** Units that have the same members, found by following all links between single indices. */
interface UnitGroup {
  /** Number of units. */
  readonly size: number;
  /** The prime dimensions that hold slices of these units. */
  readonly dims: readonly Dim[];
}

/**
 * The closure of every slice under all links. A slice is one index of one prime dimension; a unit is a set of slices
 * that live and die together; units with the same dimensions form a group.
 */
export interface Units {
  readonly groups: readonly UnitGroup[];
  /** Group of an index of a dimension. */
  readonly groupOf: (dim: Dim, index: number) => number;
  /** Position of an index' unit within its group. */
  readonly unitOf: (dim: Dim, index: number) => number;
}

export function findUnits(space: Space, dims: readonly Dim[]): Units {
  const base = new Map<Dim, number>();
  let total = 0;
  for (const dim of dims) {
    base.set(dim, total);
    total += space.dims.size(dim);
  }
  const roots = closure(space, base, total);

  // Two sums over the dimensions a unit touches tell sets of dimensions apart.
  const [low, high] = [new Float64Array(total), new Float64Array(total)];
  for (const dim of dims) {
    const [a, b] = [hash(dim * 2 + 1), hash(dim * 2 + 2)];
    for (let i = base.get(dim)!, end = i + space.dims.size(dim); i < end; i++) {
      low[roots[i]!]! += a;
      high[roots[i]!]! += b;
    }
  }
  const ids = new Map<string, number>();
  const sizes: number[] = [];
  const members: Dim[][] = [];
  const group = new Int32Array(total).fill(-1);
  const unit = new Int32Array(total);
  for (const dim of dims) {
    const touched = new Set<number>();
    for (let i = base.get(dim)!, end = i + space.dims.size(dim); i < end; i++) {
      const root = roots[i]!;
      if (group[root] === -1) {
        const key = `${low[root]},${high[root]}`;
        const id = ids.get(key) ?? ids.size;
        if (id === sizes.length) {
          ids.set(key, id);
          sizes.push(0);
          members.push([]);
        }
        group[root] = id;
        unit[root] = sizes[id]!++;
      }
      touched.add(group[root]!);
    }
    for (const id of touched) members[id]!.push(dim);
  }
  return {
    groups: sizes.map((size, id) => ({ size, dims: members[id]! })),
    groupOf: (dim, index) => group[roots[base.get(dim)! + index]!]!,
    unitOf: (dim, index) => unit[roots[base.get(dim)! + index]!]!,
  };
}

/** Union-find over all slices; returns the root of each. */
function closure(space: Space, base: ReadonlyMap<Dim, number>, total: number): Int32Array {
  const parent = new Int32Array(total);
  for (let i = 0; i < total; i++) parent[i] = i;
  const find = (i: number): number => {
    let root = i;
    while (parent[root] !== root) root = parent[root]!;
    while (parent[i] !== root) [parent[i], i] = [root, parent[i]!];
    return root;
  };
  for (const { from, to, indices, toStart, toSlab = 1 } of space.indexLinks) {
    const [a, b] = [base.get(from)!, base.get(to)!];
    for (let i = 0; i < indices.length; i++) {
      const source = indices[i]!;
      if (source < 0) continue;
      const [x, y] = [find(a + source), find(b + Math.floor((toStart + i) / toSlab))];
      if (x < y) parent[y] = x;
      else parent[x] = y;
    }
  }
  for (let i = 0; i < total; i++) parent[i] = find(i);
  return parent;
}

/** An integer below 2^40, spread evenly: sums of some thousands of them stay exact. */
function hash(n: number): number {
  let h = Math.imul(n ^ 0x9e3779b9, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) * 251 + (n % 251);
}
