import type { Dim } from "./dims.ts";
import type { Balance, Mark, Space } from "./space.ts";

/** Units that have the same members, found by following all links between single indices. */
interface UnitGroup {
  /** Number of units. */
  readonly size: number;
  /** The prime dimensions that hold slices of these units. */
  readonly dims: readonly Dim[];
  /** Why none of them can be cut, where blocks would be left with unequal numbers. */
  readonly blocked: Mark | undefined;
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
  const forest = new Forest(total);
  followLinks(space, base, forest);
  let found = groupUnits(space, dims, base, forest.roots());
  const unbalanced = balance(space.balances, base, found, forest);
  if (space.balances.length) found = groupUnits(space, dims, base, forest.roots());
  const { groups, group, unit, roots } = found;
  const blocked = new Map([...unbalanced].map(([slice, mark]) => [group[roots[slice]!]!, mark]));
  return {
    groups: groups.map((g, id) => ({ ...g, blocked: blocked.get(id) })),
    groupOf: (dim, index) => group[roots[base.get(dim)! + index]!]!,
    unitOf: (dim, index) => unit[roots[base.get(dim)! + index]!]!,
  };
}

/** Units in groups, by the slice that stands for each. */
interface Grouping {
  readonly groups: readonly { readonly size: number; readonly dims: readonly Dim[] }[];
  /** The slice that stands for the unit of a slice. */
  readonly roots: Int32Array;
  /** Group and position of the unit that a slice stands for. */
  readonly group: Int32Array;
  readonly unit: Int32Array;
}

function groupUnits(space: Space, dims: readonly Dim[], base: ReadonlyMap<Dim, number>, roots: Int32Array): Grouping {
  // Two sums over the dimensions a unit touches tell sets of dimensions apart.
  const [low, high] = [new Float64Array(roots.length), new Float64Array(roots.length)];
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
  const group = new Int32Array(roots.length).fill(-1);
  const unit = new Int32Array(roots.length);
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
  return { groups: sizes.map((size, id) => ({ size, dims: members[id]! })), roots, group, unit };
}

/**
 * Joins units until each takes equally many indices of all blocks that must stay balanced: of a group's units that do
 * not, the same part of every kind is taken together.
 * @returns a slice of every unit for which that is not enough, because other groups hold the rest of its blocks
 */
function balance(
  balances: readonly Balance[],
  base: ReadonlyMap<Dim, number>,
  { roots, group }: Grouping,
  forest: Forest,
): Map<number, Mark> {
  const taken = new Map<number, number[]>();
  const blocksOf = balances.reduce((n, b) => n + b.blocks, 0);
  let first = 0;
  for (const { dim, blocks, size } of balances) {
    for (let i = 0; i < size; i++) {
      const root = roots[base.get(dim)! + i]!;
      const counts = taken.get(root) ?? Array.from({ length: blocksOf }, () => 0);
      taken.set(root, counts);
      counts[first + Math.floor((i * blocks) / size)]!++;
    }
    first += blocks;
  }
  const kinds = new Map<number, Map<string, number[]>>();
  for (const [root, counts] of taken) {
    if (isBalanced(counts, balances)) continue;
    const own = kinds.get(group[root]!) ?? new Map<string, number[]>();
    kinds.set(group[root]!, own);
    const key = counts.join();
    own.set(key, [...(own.get(key) ?? []), root]);
  }
  const unbalanced = new Map<number, Mark>();
  for (const own of kinds.values()) {
    const lists = [...own.values()];
    const parts = lists.reduce((n, list) => gcd(n, list.length), 0);
    for (let part = 0; part < parts; part++) {
      const joined = lists.flatMap((list) =>
        list.slice((part * list.length) / parts, ((part + 1) * list.length) / parts),
      );
      for (const root of joined) forest.join(joined[0]!, root);
      const counts = joined.reduce<number[]>((sum, root) => taken.get(root)!.map((n, i) => n + (sum[i] ?? 0)), []);
      const torn = tornBy(counts, balances);
      if (torn) unbalanced.set(joined[0]!, torn.mark);
    }
  }
  return unbalanced;
}

/** The first balance that takes unequal numbers from its blocks. */
function tornBy(counts: readonly number[], balances: readonly Balance[]): Balance | undefined {
  let first = 0;
  return balances.find(({ blocks }) => {
    const own = counts.slice(first, (first += blocks));
    return own.some((n) => n !== own[0]);
  });
}

const isBalanced = (counts: readonly number[], balances: readonly Balance[]): boolean => !tornBy(counts, balances);

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

/** Union-find over all slices; the lowest of a set stands for it. */
class Forest {
  private readonly parent: Int32Array;

  constructor(size: number) {
    this.parent = new Int32Array(size);
    for (let i = 0; i < size; i++) this.parent[i] = i;
  }

  join(a: number, b: number): void {
    const [x, y] = [this.find(a), this.find(b)];
    if (x < y) this.parent[y] = x;
    else this.parent[x] = y;
  }

  /** For each slice, the one that stands for its set. */
  roots(): Int32Array {
    for (let i = 0; i < this.parent.length; i++) this.parent[i] = this.find(i);
    return this.parent.slice();
  }

  private find(i: number): number {
    const { parent } = this;
    let root = i;
    while (parent[root] !== root) root = parent[root]!;
    while (parent[i] !== root) [parent[i], i] = [root, parent[i]!];
    return root;
  }
}

function followLinks(space: Space, base: ReadonlyMap<Dim, number>, forest: Forest): void {
  for (const { from, to, indices, toStart, toSlab = 1 } of space.indexLinks) {
    const [a, b] = [base.get(from)!, base.get(to)!];
    for (let i = 0; i < indices.length; i++) {
      const source = indices[i]!;
      if (source >= 0) forest.join(a + source, b + Math.floor((toStart + i) / toSlab));
    }
  }
}

/** An integer below 2^40, spread evenly: sums of some thousands of them stay exact. */
function hash(n: number): number {
  let h = Math.imul(n ^ 0x9e3779b9, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) * 251 + (n % 251);
}
