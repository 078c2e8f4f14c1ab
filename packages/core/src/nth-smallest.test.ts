import fc from "fast-check";
import { expect, test } from "vitest";
import { nthSmallest, nthSmallestOf } from "./nth-smallest.ts";

test("counts from the smallest, in either sign", () => {
  const values = Float32Array.of(3, -2, 0.5, -7, 0, 100);
  expect([0, 1, 2, 3, 4, 5].map((n) => nthSmallest(values, n))).toEqual([-7, -2, 0, 0.5, 3, 100]);
});

test("is what sorting gives, of numbers of any kind", () => {
  const numbers = fc.oneof(fc.float({ noNaN: true }), fc.constantFrom(0, -0, 1, Infinity));
  fc.assert(
    fc.property(fc.array(numbers, { minLength: 1, maxLength: 50 }), fc.nat(), fc.nat(), (list, at, cut) => {
      const values = Float32Array.from(list);
      const n = at % values.length;
      const sorted = values.slice().sort()[n]!;
      const halves = [values.subarray(0, cut), values.slice(cut)];
      expect([nthSmallestOf(() => halves, n), nthSmallest(Float64Array.from(list), n)]).toEqual([sorted, sorted]);
    }),
  );
});
