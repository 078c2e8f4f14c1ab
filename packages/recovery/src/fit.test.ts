import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { noise } from "../test/recovering.ts";
import { fit, type BlockMoments } from "./fit.ts";

/** Moments of samples: rows of x, and the rows of e that go with them. */
function momentsOf(xs: readonly (readonly number[])[], es: readonly (readonly number[])[]): BlockMoments {
  const [columns, rows] = [xs[0]!.length, es[0]!.length];
  const sum = (size: number, of: (at: number, sample: number) => number): Float64Array =>
    Float64Array.from({ length: size }, (_, at) => xs.reduce((total, _, i) => total + of(at, i), 0));
  return {
    count: xs.length,
    xx: sum(columns ** 2, (at, i) => xs[i]![Math.floor(at / columns)]! * xs[i]![at % columns]!),
    ex: sum(rows * columns, (at, i) => es[i]![Math.floor(at / columns)]! * xs[i]![at % columns]!),
    x: sum(columns, (at, i) => xs[i]![at]!),
    e: sum(rows, (at, i) => es[i]![at]!),
    ee: sum(rows, (at, i) => es[i]![at]! ** 2),
  };
}

const near = (values: ArrayLike<number>): number[] => Array.from(values, (v) => Number(v.toFixed(6)));

describe("by hand", () => {
  test("a single weight: Σex / (Σxx + λ), where λ is a fraction of Σxx", async () => {
    const { weights, before, after } = await fit(momentsOf([[1], [2]], [[2], [4]]), { ridge: 0.25, bias: false });
    expect([...weights]).toEqual([10 / 6.25]);
    expect(before).toBe(20);
    expect(after).toBeCloseTo(0.4 ** 2 + 0.8 ** 2);
  });

  test("a line with an offset, which the bias takes without a pull", async () => {
    const moments = momentsOf([[0], [1], [2]], [[3], [5], [7]]);
    const { weights, bias, after } = await fit(moments, { ridge: 1e-9, bias: true });
    expect([near(weights), near(bias)]).toEqual([[2], [3]]);
    expect(after).toBeCloseTo(0);
  });

  test("a column outside the support does not move, and the others do as if it were not there", async () => {
    const xs = [
      [1, 1],
      [2, -1],
      [0, 3],
    ];
    const es = [[1], [5], [2]];
    const whole = await fit(
      momentsOf(
        xs.map(([x]) => [x!]),
        es,
      ),
      { ridge: 1e-9, bias: false },
    );
    const part = await fit(momentsOf(xs, es), { ridge: 1e-9, bias: false, support: Uint8Array.of(1, 0) });
    expect(near(part.weights)).toEqual([...near(whole.weights), 0]);
  });

  test("rows of more than one panel", async () => {
    const rows = 2 ** 22 + 1;
    const each = (value: number): Float64Array => new Float64Array(rows).fill(value);
    const moments = { count: 2, xx: Float64Array.of(4), ex: each(8), x: Float64Array.of(2), e: each(4), ee: each(16) };
    moments.ex[rows - 1] = 12;
    moments.ee[rows - 1] = 36;
    const { weights, after } = await fit(moments, { ridge: 1e-12, bias: false });
    expect([weights[0], weights[rows - 2], weights[rows - 1]].map((w) => w!.toFixed(6))).toEqual(["2.000000", "2.000000", "3.000000"]); // prettier-ignore
    expect(after).toBeLessThan(0.01);
  });

  test("equal columns share alike; dead ones stay", async () => {
    const { weights } = await fit(
      momentsOf(
        [
          [1, 1, 0],
          [2, 2, 0],
        ],
        [[2], [4]],
      ),
      { ridge: 1e-9, bias: false },
    );
    expect(near(weights)).toEqual([1, 1, 0]);
  });

  test("a row whose errors are not finite stays as it is, and takes no other with it", async () => {
    const moments = momentsOf(
      [[1], [2]],
      [
        [2, Infinity],
        [4, 1],
      ],
    );
    const { weights, bias } = await fit(moments, { ridge: 1e-9, bias: true });
    expect(near(weights)).toEqual([2, 0]);
    expect(bias[1]).toBe(0);
  });
});

test("the squared error never grows, whatever the rank, the pull and the support", () =>
  fc.assert(
    fc.asyncProperty(
      fc.record({
        samples: fc.integer({ min: 1, max: 12 }),
        columns: fc.integer({ min: 1, max: 8 }),
        rows: fc.integer({ min: 1, max: 4 }),
        seed: fc.integer({ min: 1, max: 1e6 }),
        ridge: fc.constantFrom(1e-8, 1e-4, 1, 100),
        bias: fc.boolean(),
        masked: fc.boolean(),
      }),
      async ({ samples, columns, rows, seed, ridge, bias, masked }) => {
        const draw = noise(samples * (columns + rows), seed);
        const xs = Array.from({ length: samples }, (_, i) => [...draw.slice(i * columns, (i + 1) * columns)]);
        const from = samples * columns;
        const es = Array.from({ length: samples }, (_, i) => [...draw.slice(from + i * rows, from + (i + 1) * rows)]);
        const odd = Uint8Array.from(
          { length: rows * columns },
          (_, at) => (Math.floor(at / columns) + (at % columns)) % 2,
        );
        const support = masked ? odd : undefined;
        const found = await fit(momentsOf(xs, es), { ridge, bias, support });
        let left = 0;
        xs.forEach((x, i) =>
          es[i]!.forEach((e, row) => {
            const moved = x.reduce((sum, v, c) => sum + v * found.weights[row * columns + c]!, found.bias[row]!);
            left += (e - moved) ** 2;
          }),
        );
        const had = es.flat().reduce((sum, e) => sum + e * e, 0);
        expect(found.before).toBeCloseTo(had, 6);
        expect(found.after).toBeCloseTo(left, 6);
        expect(left).toBeLessThanOrEqual(had + 1e-9);
        const still = found.weights.filter((_, at) => masked && !odd[at]);
        expect(still.every((w) => w === 0)).toBe(true);
      },
    ),
  ));
