import fc from "fast-check";
import { expect, test } from "vitest";
import { descending } from "./descending.ts";

test("from the largest to the smallest, of equal ones the first first", () => {
  expect([...descending(Float32Array.of(1, 3, 0, 3, 2, 1))]).toEqual([1, 3, 4, 0, 5, 2]);
  expect([...descending(new Float32Array())]).toEqual([]);
});

test("as a sort that compares does", () =>
  fc.assert(
    fc.property(fc.float32Array({ min: 0, noNaN: true, noDefaultInfinity: true }), (drawn) => {
      const values = drawn.map(Math.abs); // −0 is no less than 0
      const expected = [...values.keys()].sort((a, b) => values[b]! - values[a]! || a - b);
      expect([...descending(values)]).toEqual(expected);
    }),
  ));
