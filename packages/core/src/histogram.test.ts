import fc from "fast-check";
import { expect, test } from "vitest";
import { histogram } from "./histogram.ts";

test("counts what stayed and what left, and says where the cut runs", () => {
  const scores = Float32Array.of(0, 1, 2, 3, 4, 5, 6, 8);
  expect(histogram(scores, (i) => i < 3)).toEqual({
    from: 0,
    to: 8,
    max: 8,
    kept: [0, 0, 1, 2, 1, 1],
    removed: [2, 1, 0, 0, 0, 0],
    cut: 2.5,
  });
});

test("knows no cut where nothing left, or where less important units stayed", () => {
  const scores = Float32Array.of(1, 2, 3, 4);
  expect(histogram(scores, () => false)).not.toHaveProperty("cut");
  expect(histogram(scores, (i) => i === 2)).not.toHaveProperty("cut");
});

test("puts a few that are far larger than the rest into the last bin", () => {
  const scores = Float32Array.from({ length: 1000 }, (_, i) => (i === 7 ? 1e6 : i % 100));
  const { to, max, kept } = histogram(scores, () => false);
  expect({ to, max }).toEqual({ to: 99, max: 1e6 });
  expect(Math.min(...kept)).toBeGreaterThan(0);
});

test("has one bin where all are the same", () => {
  expect(histogram(Float32Array.of(2, 2, 2), (i) => i === 0)).toEqual({
    from: 2,
    to: 2,
    max: 2,
    kept: [2],
    removed: [1],
    cut: 2,
  });
});

test("loses none, in at most 24 bins", () => {
  const floats = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }), { minLength: 1, maxLength: 400 }); // prettier-ignore
  fc.assert(
    fc.property(floats, fc.nat(400), (values, count) => {
      const scores = Float32Array.from(values);
      const { kept, removed } = histogram(scores, (i) => i < count);
      const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);
      expect(sum(removed)).toBe(Math.min(count, scores.length));
      expect(sum(kept) + sum(removed)).toBe(scores.length);
      expect(kept.length).toBeLessThanOrEqual(24);
    }),
  );
});
