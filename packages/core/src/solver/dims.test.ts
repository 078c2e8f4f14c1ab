import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Dims, type Dim } from "./dims.ts";

const make = (dims: Dims, ...sizes: readonly number[]): Dim[] => sizes.map((size) => dims.make(size));
const sizesOf = (dims: Dims, list: readonly Dim[]): number[] => dims.resolve(list).map((d) => dims.size(d));

test("a dimension is prime until something splits it", () => {
  const dims = new Dims();
  const [a] = make(dims, 12) as [Dim];
  expect(dims.resolve([a])).toEqual([a]);
  dims.split(a, 4);
  expect(sizesOf(dims, [a])).toEqual([3, 4]);
});

test("dimensions of size 1 are left out", () => {
  const dims = new Dims();
  expect(sizesOf(dims, make(dims, 1, 5, 1))).toEqual([5]);
  expect(dims.unify(make(dims, 1, 5), make(dims, 5, 1, 1))).toEqual([]);
});

test("one on each side is the same dimension from then on", () => {
  const dims = new Dims();
  const [a, b] = make(dims, 6, 6) as [Dim, Dim];
  expect(dims.unify([a], [b])).toEqual([]);
  expect(dims.resolve([a])).toEqual(dims.resolve([b]));
});

test("one against several is split for everyone who holds it", () => {
  const dims = new Dims();
  const [whole, twin, heads, size] = make(dims, 12, 12, 3, 4) as [Dim, Dim, Dim, Dim];
  dims.unify([whole], [twin]);
  expect(dims.unify([heads, size], [whole])).toEqual([]);
  expect(dims.resolve([twin])).toEqual(dims.resolve([heads, size]));
});

describe("common refinement", () => {
  test("[56] and [8, 7]", () => {
    const dims = new Dims();
    const [a, b, c] = make(dims, 56, 8, 7) as [Dim, Dim, Dim];
    expect(dims.unify([a], [b, c])).toEqual([]);
    expect(sizesOf(dims, [a])).toEqual([8, 7]);
  });

  test("[6, 4] and [2, 12] are both [2, 3, 4]", () => {
    const dims = new Dims();
    const [a, b] = [make(dims, 6, 4), make(dims, 2, 12)];
    expect(dims.unify(a, b)).toEqual([]);
    expect(sizesOf(dims, a)).toEqual([2, 3, 4]);
    expect(dims.resolve(a)).toEqual(dims.resolve(b));
  });

  test("(C, H, W) against (G, C/G·H·W)", () => {
    const dims = new Dims();
    const [image, blocks] = [make(dims, 32, 7, 7), make(dims, 8, 4 * 49)];
    expect(dims.unify(image, blocks)).toEqual([]);
    expect(sizesOf(dims, [image[0]!])).toEqual([8, 4]);
    expect(sizesOf(dims, [blocks[1]!])).toEqual([4, 7, 7]);
  });

  test("a split made earlier is refined further", () => {
    const dims = new Dims();
    const [a] = make(dims, 24) as [Dim];
    dims.unify([a], make(dims, 4, 6));
    dims.unify([a], make(dims, 2, 12));
    expect(sizesOf(dims, [a])).toEqual([2, 2, 6]);
  });
});

describe("conflicts", () => {
  test("6×4 against 8×3: no finer dimension fits both", () => {
    const dims = new Dims();
    const [a, b] = [make(dims, 6, 4), make(dims, 8, 3)];
    expect(dims.unify(a, b).toSorted()).toEqual([...a, ...b].toSorted());
    expect(sizesOf(dims, a)).toEqual([6, 4]);
  });

  test("only the section that does not fit is in conflict", () => {
    const dims = new Dims();
    const [a, b] = [make(dims, 5, 6, 4, 7), make(dims, 5, 8, 3, 7)];
    expect(dims.unify(a, b).toSorted()).toEqual([a[1], a[2], b[1], b[2]].toSorted());
    expect(dims.resolve([a[0]!, a[3]!])).toEqual(dims.resolve([b[0]!, b[3]!]));
  });

  test("a dimension split as 3×4 cannot be 4×3 too", () => {
    const dims = new Dims();
    const [a] = make(dims, 12) as [Dim];
    const [b, c] = [make(dims, 3, 4), make(dims, 4, 3)];
    expect(dims.unify([a], b)).toEqual([]);
    expect(dims.unify([a], c).toSorted()).toEqual([...dims.resolve(b), ...c].toSorted());
  });

  test("products of different sizes conflict as a whole", () => {
    const dims = new Dims();
    const [a, b] = [make(dims, 2, 3), make(dims, 7)];
    expect(dims.unify(a, b).toSorted()).toEqual([...a, ...b].toSorted());
  });
});

test("a square that is its own transpose has one dimension twice", () => {
  const dims = new Dims();
  const [rows, columns] = make(dims, 5, 5) as [Dim, Dim];
  expect(dims.unify([rows, columns], [columns, rows])).toEqual([]);
  const [a, b] = dims.resolve([rows, columns]);
  expect(a).toBe(b);
});

test("the revision grows when something was learnt, and only then", () => {
  const dims = new Dims();
  const [a, b, c] = make(dims, 6, 6, 6) as [Dim, Dim, Dim];
  const start = dims.revision;
  dims.unify([a], [b]);
  const joined = dims.revision;
  expect(joined).toBeGreaterThan(start);
  dims.unify([b], [a]);
  expect(dims.revision).toBe(joined);
  dims.split(c, 2);
  expect(dims.revision).toBeGreaterThan(joined);
});

test("law: where prefix products form a chain of divisors, both sides become the same product", () => {
  const factorisation = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 6 }).chain((factors) => {
    const cuts = fc.array(fc.boolean(), { minLength: factors.length, maxLength: factors.length });
    return fc.tuple(fc.constant(factors), cuts, cuts);
  });
  /** Multiplies neighbouring factors together, except across cuts. */
  const grouped = (factors: readonly number[], cuts: readonly boolean[]): number[] =>
    factors.reduce<number[]>((out, f, i) => {
      if (i === 0 || cuts[i]) out.push(f);
      else out[out.length - 1]! *= f;
      return out;
    }, []);
  fc.assert(
    fc.property(factorisation, ([factors, one, other]) => {
      const dims = new Dims();
      const [a, b] = [make(dims, ...grouped(factors, one)), make(dims, ...grouped(factors, other))];
      expect(dims.unify(a, b)).toEqual([]);
      expect(dims.resolve(a)).toEqual(dims.resolve(b));
      const sizes = sizesOf(dims, a);
      expect(sizes.reduce((x, y) => x * y, 1)).toBe(factors.reduce((x, y) => x * y, 1));
    }),
  );
});
