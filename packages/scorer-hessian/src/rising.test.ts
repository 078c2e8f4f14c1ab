import fc from "fast-check";
import { expect, test } from "vitest";
import { rising } from "./rising.ts";

test("by hand: what is below those before it shares their mean", () => {
  expect([...rising([1, 3, 2, 4])]).toEqual([1, 2.5, 2.5, 4]);
  expect([...rising([5, 1, 0, 7])]).toEqual([2, 2, 2, 7]);
  expect([...rising([])]).toEqual([]);
});

test("rises, with the same sum, and sums from the beginning that are never larger", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { maxLength: 20 }), (numbers) => {
      const risen = rising(numbers);
      const [before, after] = [sumsOf(numbers), sumsOf(risen)];
      expect(after.at(-1) ?? 0).toBeCloseTo(before.at(-1) ?? 0, 8);
      for (const [i, sum] of after.entries()) {
        expect(sum).toBeLessThanOrEqual(before[i]! + 1e-8);
        expect(risen[i]!).toBeGreaterThanOrEqual((risen[i - 1] ?? 0) - 1e-9);
      }
    }),
  );
});

function sumsOf(numbers: Iterable<number>): number[] {
  let sum = 0;
  return Array.from(numbers, (n) => (sum += n));
}
