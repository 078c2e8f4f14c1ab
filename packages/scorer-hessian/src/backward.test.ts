import { cholesky, inverseOf, multiply, type Gemm } from "@prune/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { draw, lossOf, moments } from "../test/draw.ts";
import { backward, type Departure } from "./backward.ts";
import { eliminate } from "./eliminate.ts";
import type { Reader } from "./reader.ts";

/** A reader of units that own some columns each. */
async function readerOf(
  weights: Float64Array,
  h: Float64Array,
  owned: readonly (readonly number[])[],
  unitOfRow?: readonly number[],
): Promise<Reader> {
  const columns = Math.sqrt(h.length);
  const rows = weights.length / columns;
  return {
    rows,
    columns,
    weights: weights.slice(),
    inverse: await inverseOf((await cholesky(h, columns))!, columns),
    owned: new Map(owned.map((own, unit) => [unit, Int32Array.from(own)])),
    unitOfRow: Int32Array.from(unitOfRow ?? Array.from({ length: rows }, () => -1)),
  };
}

/** Refuses arrays that are longer than the matrices in them, as runtimes do. */
const strict: Gemm = (a, b, m, k, n) => {
  expect([a.length, b.length]).toEqual([m * k, n * k]);
  return multiply(a, b, m, k, n);
};

const orderOf = (departures: readonly Departure[]): number[] => departures.map(({ unit }) => unit);
const identity = (n: number): Float64Array => Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) ? 0 : 1));

describe("by hand", () => {
  test("of two copies one is free, and the other then costs what both did", async () => {
    const h = Float64Array.of(1, 1, 0, 1, 1 + 1e-6, 0, 0, 0, 1);
    const departures = await backward([await readerOf(Float64Array.of(2, 3, 4), h, [[0], [1], [2]])], strict);
    expect(orderOf(departures)).toEqual([0, 2, 1]);
    for (const [i, loss] of [0, 16, (2 + 3) ** 2].entries()) expect(departures[i]!.loss).toBeCloseTo(loss, 4);
  });

  test("what is left may be worth less than before, and leaves next", async () => {
    // Its inverse is [[1, 1], [1, 2]]: alone 1²/1, 1.5²/2 and 1.1. Without the first the second is 1.5 − 1, with H = [1].
    const h = Float64Array.of(2, -1, 0, -1, 1, 0, 0, 0, 1.1);
    const departures = await backward([await readerOf(Float64Array.of(1, 1.5, 1), h, [[0], [1], [2]])], strict);
    expect(orderOf(departures)).toEqual([0, 1, 2]);
    for (const [i, loss] of [1, 0.25, 1.1].entries()) expect(departures[i]!.loss).toBeCloseTo(loss, 9);
  });

  test("several readers order by what all of them lose", async () => {
    const units = [[0], [1]];
    const [one, other] = [await readerOf(Float64Array.of(1, 2), identity(2), units), await readerOf(Float64Array.of(3, 1), identity(2), units)]; // prettier-ignore
    expect(await backward([one, other], strict)).toEqual([
      { unit: 1, loss: 5 },
      { unit: 0, loss: 10 },
    ]);
  });

  test("a row that leaves with a unit counts for the units before it alone", async () => {
    const weights = Float64Array.of(7, 3, 2, 7); // row 0 leaves with unit 0, row 1 with unit 1
    expect(await backward([await readerOf(weights, identity(2), [[0], [1]], [0, 1])], strict)).toEqual([
      { unit: 0, loss: 4 },
      { unit: 1, loss: 0 },
    ]);
  });

  test("without second moments nothing makes up", async () => {
    const reader: Reader = { ...(await readerOf(Float64Array.of(2, 1), identity(2), [[0], [1]])), inverse: undefined };
    expect(await backward([reader], strict)).toEqual([
      { unit: 1, loss: 1 },
      { unit: 0, loss: 4 },
    ]);
  });
});

/** A made-up layer: units of up to three columns each, and columns of no unit. */
interface Layer {
  readonly weights: Float64Array;
  readonly h: Float64Array;
  readonly owned: readonly (readonly number[])[];
}
const ROWS = 3;

function layerOf(count: number, seed: number): Layer {
  let n = 0;
  const owned = [...draw(count, seed)].map((v) => Array.from({ length: 1 + Math.floor((v + 1) * 1.5) }, () => n++));
  n += 2;
  return { weights: draw(ROWS * n, seed + 1), h: moments(n, seed + 2), owned };
}

/** What least squares lose without some units, by solving for what stays. */
async function lossWithout({ weights, h, owned }: Layer, units: readonly number[]): Promise<number> {
  const n = weights.length / ROWS;
  const gone = new Uint8Array(n);
  for (const unit of units) for (const c of owned[unit]!) gone[c] = 1;
  const fitted = weights.slice();
  await eliminate({ weights: fitted, rows: ROWS, moments: h, target: multiply(weights, h, ROWS, n, n) }, gone, { damping: 0 }); // prettier-ignore
  return lossOf(fitted, weights, h, n);
}

describe("laws", () => {
  const check = (most: number, law: (layer: Layer) => Promise<void>): Promise<void> =>
    fc.assert(fc.asyncProperty(fc.integer({ min: 2, max: most }), fc.integer(), (count, seed) => law(layerOf(count, seed))), { numRuns: 25 }); // prettier-ignore
  const departuresOf = async ({ weights, h, owned }: Layer): Promise<Departure[]> =>
    backward([await readerOf(weights, h, owned)], strict);

  test("the first k together lose what least squares lose without them, also in rounds of several", () =>
    check(60, async (layer) => {
      const departures = await departuresOf(layer);
      expect(orderOf(departures).toSorted((a, b) => a - b)).toEqual([...layer.owned.keys()]);
      let sum = 0;
      for (const [k, { loss }] of departures.entries()) {
        sum += loss;
        if (k % 7 === 0 || k === departures.length - 1)
          expect(sum).toBeCloseTo(await lossWithout(layer, orderOf(departures).slice(0, k + 1)), 6);
      }
    }));

  test("of up to 16 units, each is the one without which least squares lose least", () =>
    check(8, async (layer) => {
      const order = orderOf(await departuresOf(layer));
      for (let k = 1; k <= order.length; k++) {
        const before = order.slice(0, k - 1);
        const others = order.slice(k - 1);
        const losses = await Promise.all(others.map((unit) => lossWithout(layer, [...before, unit])));
        expect(losses[0]! - Math.min(...losses)).toBeLessThan(1e-9);
      }
    }));

  test("the first two never lose more than the two that lose least alone; never less than the best two", () =>
    check(8, async (layer) => {
      const units = [...layer.owned.keys()];
      const alone = await Promise.all(units.map((unit) => lossWithout(layer, [unit])));
      const independent = units.toSorted((a, b) => alone[a]! - alone[b]!).slice(0, 2);
      const pairs = units.flatMap((a) => units.slice(a + 1).map((b) => lossWithout(layer, [a, b])));
      const loss = (await departuresOf(layer)).slice(0, 2).reduce((sum, d) => sum + d.loss, 0);
      expect(loss).toBeLessThan((await lossWithout(layer, independent)) + 1e-9);
      expect(loss).toBeGreaterThan(Math.min(...(await Promise.all(pairs))) - 1e-9);
    }));
});

test("of many pairs of copies, one of each leaves before the second of any", async () => {
  const pairs = 48;
  const n = 2 * pairs;
  const h = identity(n);
  for (let i = 0; i < n; i++) h[i * n + (i ^ 1)] = 1 - 1e-6;
  const weights = draw(n, 1).map((v) => 1 + v / 10);
  const owned = Array.from({ length: n }, (_, i) => [i]);
  const order = orderOf(await backward([await readerOf(weights, h, owned)], strict));
  expect(new Set(order.slice(0, pairs).map((unit) => unit >> 1)).size).toBe(pairs);
});
