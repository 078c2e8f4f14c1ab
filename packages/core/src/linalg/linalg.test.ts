import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { transposeOf } from "./blocks.ts";
import { cholesky } from "./cholesky.ts";
import { dampedCholesky, replaceDiagonal } from "./damped.ts";
import { multiply } from "./gemm.ts";
import { inverseFactor, inverseOf } from "./inverse.ts";
import { solveMasked } from "./masked.ts";
import { invertLower, solveCholesky } from "./triangular.ts";

const matrix = (...rows: number[][]): Float64Array => Float64Array.from(rows.flat());

/** Numbers in [−1, 1) from a seed. */
function draw(size: number, seed: number): Float64Array {
  let state = seed >>> 0;
  return Float64Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** `X·Xᵀ/n + I/10`: symmetric, positive definite, and well conditioned. */
function positive(n: number, seed: number): Float64Array {
  const x = draw(n * n, seed);
  const a = multiply(x, x, n, n, n).map((v) => v / n);
  for (let i = 0; i < n; i++) a[i * n + i]! += 0.1;
  return a;
}

const identity = (n: number): Float64Array => Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) ? 0 : 1));

function expectNear(got: ArrayLike<number>, wanted: ArrayLike<number>, tolerance = 1e-9): void {
  expect(got.length).toBe(wanted.length);
  let worst = 0;
  for (let i = 0; i < got.length; i++) worst = Math.max(worst, Math.abs(got[i]! - wanted[i]!));
  expect(worst).toBeLessThan(tolerance);
}

// Below, at and across the sides of a block, which is 128.
const sizes = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constantFrom(127, 128, 129, 200, 300));
const check = (law: (n: number, seed: number) => Promise<void>): Promise<void> =>
  fc.assert(fc.asyncProperty(sizes, fc.integer(), law), { numRuns: 25 });

describe("by hand", () => {
  test("the factor of [[4, 2], [2, 5]] is [[2, 0], [1, 2]]", async () => {
    expect([...(await cholesky(matrix([4, 2], [2, 5]), 2))!]).toEqual([2, 0, 1, 2]);
  });

  test("a triangle's inverse", async () => {
    expect([...(await invertLower(matrix([2, 0], [1, 2]), 2))]).toEqual([0.5, 0, -0.25, 0.5]);
  });

  test("a product of 2 × 3 and 3 × 1", () => {
    expect([...multiply(matrix([1, 2, 3], [4, 5, 6]), matrix([1, 0, -1]), 2, 3, 1)]).toEqual([-2, -2]);
  });

  test("(x, y)·[[4, 2], [2, 5]] = (8, 12) has the solution (1, 2)", async () => {
    expectNear(await solveCholesky(matrix([2, 0], [1, 2]), 2, matrix([8, 12]), 1), [1, 2]);
  });

  test("the inverse of [[4, 2], [2, 5]], and the upper factor of it", async () => {
    // [[5, −2], [−2, 4]] / 16 = Uᵀ·U with U = [[√5/4, −1/(2√5)], [0, 1/√5]]
    expectNear(await inverseOf(matrix([2, 0], [1, 2]), 2), [5 / 16, -2 / 16, -2 / 16, 4 / 16]);
    const reversed = (await cholesky(matrix([4, 2], [2, 5]), 2, multiply, { reversed: true }))!;
    const root = Math.sqrt(5);
    expectNear(await inverseFactor(reversed, 2), [root / 4, -1 / (2 * root), 0, 1 / root]);
  });

  test("rows and columns that are scaled as they are read, into memory that held something else", async () => {
    // diag(1/2, 1/√5)·[[4, 2], [2, 5]]·diag(1/2, 1/√5) = [[1, 1/√5], [1/√5, 1]], and 1 more on the diagonal.
    const a = matrix([4, 2], [2, 5]);
    const into = new Float64Array(4).fill(7);
    const scale = Float64Array.of(1 / 2, 1 / Math.sqrt(5));
    const lower = (await cholesky(a, 2, multiply, { diagonal: Float64Array.of(2, 2), scale, into }))!;
    expect(lower).toBe(into);
    expectNear(lower, [Math.SQRT2, 0, 1 / Math.sqrt(10), Math.sqrt(2 - 1 / 10)]);
    const reversed = await cholesky(a, 2, multiply, { diagonal: Float64Array.of(2, 2), scale, reversed: true });
    expectNear(reversed!, lower); // the scaled matrix is the same in reverse
    expect([...a]).toEqual([4, 2, 2, 5]);
  });

  test("a diagonal that is replaced comes back", () => {
    const a = matrix([4, 2], [2, 5]);
    const before = replaceDiagonal(a, Float64Array.of(1, 9));
    expect([[...a], [...before]]).toEqual([[1, 2, 2, 9], [4, 5]]); // prettier-ignore
  });

  test("what is not positive definite, or not a number, has no factor", async () => {
    expect(await cholesky(matrix([1, 2], [2, 1]), 2)).toBeUndefined();
    expect(await cholesky(matrix([0]), 1)).toBeUndefined();
    expect(await cholesky(matrix([NaN]), 1)).toBeUndefined();
    expect(await cholesky(matrix([Infinity]), 1)).toBeUndefined();
  });
});

describe("laws", () => {
  test("L·Lᵀ = A, and nothing lies above L's diagonal", () =>
    check(async (n, seed) => {
      const a = positive(n, seed);
      const l = (await cholesky(a, n))!;
      expectNear(multiply(l, l, n, n, n), a);
      expect(l.every((v, at) => at % n <= Math.floor(at / n) || v === 0)).toBe(true);
    }));

  test("L⁻¹·L = I and A⁻¹·A = I", () =>
    check(async (n, seed) => {
      const a = positive(n, seed);
      const l = (await cholesky(a, n))!;
      expectNear(multiply(await invertLower(l.slice(), n), transposeOf(l, n, n), n, n, n), identity(n));
      expectNear(multiply(await inverseOf(l, n), a, n, n, n), identity(n));
    }));

  test("A⁻¹·A = I over more than one stripe", async () => {
    const n = 530;
    const a = positive(n, 1);
    expectNear(multiply(await inverseOf((await cholesky(a, n))!, n), a, n, n, n), identity(n));
  });

  test("Uᵀ·U = A⁻¹ with U upper triangular", () =>
    check(async (n, seed) => {
      const a = positive(n, seed);
      const u = await inverseFactor((await cholesky(a, n, multiply, { reversed: true }))!, n);
      expect(u.every((v, at) => at % n >= Math.floor(at / n) || v === 0)).toBe(true);
      const across = transposeOf(u, n, n);
      expectNear(multiply(across, across, n, n, n), await inverseOf((await cholesky(a, n))!, n), 1e-8);
    }));

  test("X·A = B has the solution that B was made from", () =>
    check(async (n, seed) => {
      const [a, x] = [positive(n, seed), draw(3 * n, seed + 1)];
      const b = multiply(x, a, 3, n, n);
      expectNear(await solveCholesky((await cholesky(a, n))!, n, b, 3), x);
    }));
});

describe("damping", () => {
  test("is 1 % of the mean of the diagonal", async () => {
    const { lower, damping } = (await dampedCholesky(matrix([1, 0], [0, 3]), 2))!;
    expect(damping).toBe(0.01);
    expectNear(lower, [Math.sqrt(1.02), 0, 0, Math.sqrt(3.02)]);
  });

  test("a column of zeros gets a 1", async () => {
    const { lower } = (await dampedCholesky(matrix([4, 0], [0, 0]), 2, { damping: 0 }))!;
    expectNear(lower, [2, 0, 0, 1]);
  });

  test("grows until a matrix that is singular has a factor", async () => {
    const { damping } = (await dampedCholesky(matrix([1, 1], [1, 1]), 2, { damping: 0 }))!;
    expect(damping).toBe(1e-6);
    // Not even positive: the least eigenvalue, −2, takes twice the mean of the diagonal and more.
    expect((await dampedCholesky(matrix([1, 3], [3, 1]), 2))!.damping).toBe(10);
  });

  test("ends where no damping helps", async () => {
    expect(await dampedCholesky(matrix([NaN, 0], [0, 1]), 2)).toBeUndefined();
    expect(await dampedCholesky(matrix([1, NaN], [NaN, 1]), 2)).toBeUndefined();
  });

  test("holds for every matrix of second moments, whatever its rank", () =>
    check(async (n, seed) => {
      const x = draw(n * 2, seed);
      const a = multiply(x, x, n, 2, n);
      expect(await dampedCholesky(a, n)).toBeDefined();
    }));
});

describe("rows that are masked each in its own way", () => {
  test("by hand: the weight that stays takes over what the others did", async () => {
    const weights = new Float64Array(4);
    const stays = Uint8Array.of(1, 0, 0, 1);
    await solveMasked({ weights, wanted: Float64Array.of(6, 9, 6, 9), stays, hessian: matrix([2, 1], [1, 3]), rows: 2, steps: 9 }); // prettier-ignore
    expectNear(weights, [3, 0, 0, 3]);
  });

  test("what is left of the equations is zero where weights stay, from wherever the search starts", () =>
    check(async (n, seed) => {
      const [hessian, wanted, start] = [positive(n, seed), draw(2 * n, seed + 1), draw(2 * n, seed + 2)];
      const stays = Uint8Array.from(draw(2 * n, seed + 3), (v) => (v > 0 ? 1 : 0));
      const weights = start.map((w, i) => w * stays[i]!);
      await solveMasked({ weights, wanted, stays, hessian, rows: 2, steps: 200 });
      const image = multiply(weights, hessian, 2, n, n);
      expectNear(image.map((v, i) => v * stays[i]!), wanted.map((v, i) => v * stays[i]!), 1e-3); // prettier-ignore
      weights.forEach((w, i) => expect(stays[i] || w === 0).toBeTruthy());
    }));

  test("rows of more than one panel", async () => {
    const rows = 2 ** 21 + 1; // of two columns
    const weights = new Float64Array(2 * rows);
    const wanted = weights.map((_, at) => (at % 2 ? 9 : 6));
    const stays = new Uint8Array(2 * rows).fill(1);
    stays[2 * rows - 1] = 0;
    await solveMasked({ weights, wanted, stays, hessian: matrix([2, 1], [1, 3]), rows, steps: 9 });
    expectNear(weights.slice(-4), [9 / 5, 12 / 5, 3, 0]);
    expectNear(weights.slice(0, 2), [9 / 5, 12 / 5]);
  });

  test("a row that is not finite stays as it is, and takes no other with it", async () => {
    const weights = new Float64Array(4);
    const stays = new Uint8Array(4).fill(1);
    await solveMasked({ weights, wanted: Float64Array.of(3, 4, NaN, Infinity), stays, hessian: identity(2), rows: 2, steps: 9 }); // prettier-ignore
    expect([...weights]).toEqual([3, 4, 0, 0]);
  });
});
