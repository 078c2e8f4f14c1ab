/** Identifies a dimension of a {@link Dims} table. */
export type Dim = number;

/**
 * Unification of index spaces. Every axis starts as one dimension of its own; operators say which products of
 * dimensions are equal; a dimension that turns out to be a product (heads × head size) is split in place, for
 * every axis that holds it. What remains are prime dimensions: the finest index spaces the network agrees on.
 */
export class Dims {
  private readonly sizes: number[] = [];
  private readonly parents: Dim[] = [];
  private changes = 0;
  private readonly halves = new Map<Dim, readonly [Dim, Dim]>();

  /** A new dimension of the given size. */
  make(size: number): Dim {
    this.sizes.push(size);
    this.parents.push(this.parents.length);
    return this.parents.length - 1;
  }

  size(dim: Dim): number {
    return this.sizes[dim]!;
  }

  /** Grows with every split and every unification: what was read of the table before may no longer hold. */
  get revision(): number {
    return this.changes;
  }

  /** The prime dimensions that a row-major product of dimensions consists of; those of size 1 are left out. */
  resolve(list: readonly Dim[]): Dim[] {
    const out: Dim[] = [];
    for (const dim of list) this.expand(dim, out);
    return out;
  }

  /**
   * Makes two products equal, splitting where one is finer.
   * @returns the dimensions of every section in which no common refinement exists (6×4 against 8×3); empty when all fits.
   */
  unify(left: readonly Dim[], right: readonly Dim[]): Dim[] {
    const conflicts: Dim[] = [];
    let a = this.resolve(left);
    let b = this.resolve(right);
    while (a.length && b.length) {
      const x = a.at(-1)!;
      const y = b.at(-1)!;
      const [sx, sy] = [this.size(x), this.size(y)];
      if (sx === sy) {
        if (x !== y) {
          this.parents[x] = y;
          this.changes++;
        }
        a = this.resolve(a.slice(0, -1));
        b = this.resolve(b.slice(0, -1));
      } else if (sx > sy && sx % sy === 0) {
        this.split(x, sy);
        [a, b] = [this.resolve(a), this.resolve(b)];
      } else if (sy > sx && sy % sx === 0) {
        this.split(y, sx);
        [a, b] = [this.resolve(a), this.resolve(b)];
      } else {
        const taken = takeEqualTails(a, b, (d) => this.size(d));
        conflicts.push(...taken);
      }
    }
    return [...conflicts, ...a, ...b];
  }

  /** Splits a prime dimension into [size / inner, inner]. */
  split(dim: Dim, inner: number): void {
    const root = this.find(dim);
    this.changes++;
    this.halves.set(root, [this.make(this.size(root) / inner), this.make(inner)]);
  }

  private find(dim: Dim): Dim {
    let root = dim;
    while (this.parents[root] !== root) root = this.parents[root]!;
    for (let d = dim; d !== root;) {
      const next = this.parents[d]!;
      this.parents[d] = root;
      d = next;
    }
    return root;
  }

  private expand(dim: Dim, out: Dim[]): void {
    const root = this.find(dim);
    const halves = this.halves.get(root);
    if (halves) for (const half of halves) this.expand(half, out);
    else if (this.size(root) !== 1) out.push(root);
  }
}

/** Takes the shortest tails with equal products off both lists. */
function takeEqualTails(a: Dim[], b: Dim[], size: (dim: Dim) => number): Dim[] {
  const taken: Dim[] = [];
  const take = (from: Dim[]): number => {
    const dim = from.pop()!;
    taken.push(dim);
    return size(dim);
  };
  let pa = take(a);
  let pb = take(b);
  while (pa !== pb) {
    if (pa < pb) {
      if (!a.length) return [...taken, ...b.splice(0)];
      pa *= take(a);
    } else {
      if (!b.length) return [...taken, ...a.splice(0)];
      pb *= take(b);
    }
  }
  return taken;
}
