import fc from "fast-check";
import { expect, test } from "vitest";
import { paretoFront, type Point } from "./pareto-front.ts";

const points = (...pairs: readonly (readonly [number, number])[]): Point[] =>
  pairs.map(([cost, value]) => ({ cost, value }));

test("a staircase: what is dearer must be better", () => {
  //                        on      off: b is cheaper and better   on      off: as good as d, dearer   on
  expect(paretoFront(points([1, 5], [3, 4], [2, 7], [4, 7], [9, 8]))).toEqual([0, 2, 4]);
});

test("equal points stand or fall together; at one cost only the best stays, at one value only the cheapest", () => {
  expect(paretoFront(points([2, 7], [1, 5], [2, 7]))).toEqual([1, 0, 2]);
  expect(paretoFront(points([2, 7], [2, 6], [3, 7], [2, 7]))).toEqual([0, 3]);
  expect(paretoFront([])).toEqual([]);
  expect(paretoFront(points([NaN, 9], [1, NaN], [1, 1]))).toEqual([2]);
});

const dominates = (a: Point, b: Point): boolean =>
  a.cost <= b.cost && a.value >= b.value && (a.cost < b.cost || a.value > b.value);

test("no point on the front is dominated, and every point off it is, by one on it", () => {
  // Few values, so that many are equal.
  const coordinate = fc.oneof(fc.integer({ min: 0, max: 6 }), fc.double({ noNaN: true }));
  fc.assert(
    fc.property(fc.array(fc.record({ cost: coordinate, value: coordinate })), (all) => {
      const front = paretoFront(all);
      const on = new Set(front);
      expect(on.size).toBe(front.length);
      for (const [i, point] of all.entries()) {
        const isDominated = all.some((other) => dominates(other, point));
        expect(on.has(i)).toBe(!isDominated);
        if (isDominated) expect(front.some((j) => dominates(all[j]!, point))).toBe(true);
      }
      const costs = front.map((i) => all[i]!.cost);
      expect(costs).toEqual(costs.toSorted((a, b) => a - b));
    }),
  );
});
