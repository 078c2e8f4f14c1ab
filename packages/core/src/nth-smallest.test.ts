import fc from "fast-check";
import { expect, test } from "vitest";
import { nthSmallest } from "./nth-smallest.ts";

test("counts from the smallest, in either sign", () => {
  const values = Float32Array.of(3, -2, 0.5, -7, 0, 100);
  expect([0, 1, 2, 3, 4, 5].map((n) => nthSmallest(values, n))).toEqual([-7, -2, 0, 0.5, 3, 100]);
});

test.each([Float32Array, Float64Array])("is what sorting gives, of any numbers (%o)", (Numbers) => {
  const numbers = fc.oneof(fc.float({ noNaN: true }), fc.constantFrom(0, -0, 1, Infinity));
  fc.assert(
    fc.property(fc.array(numbers, { minLength: 1, maxLength: 50 }), fc.nat(), (list, at) => {
      const values = Numbers.from(list);
      const n = at % values.length;
      return nthSmallest(values, n) === values.slice().sort()[n]!;
    }),
  );
});
