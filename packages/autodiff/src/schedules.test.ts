import { expect, test } from "vitest";
import { constant, cosine, linear, oneCycle, warmUp } from "./schedules.ts";

test("schedules at their ends and in the middle", () => {
  expect([constant()(7, 10), linear()(5, 10), cosine()(0, 10)]).toEqual([1, 0.5, 1]);
  expect(cosine()(5, 10)).toBeCloseTo(0.5, 12);
  const cycle = oneCycle({ rise: 0.5, start: 10, end: 100 });
  expect(cycle(0, 100)).toBeCloseTo(0.1, 12);
  expect(cycle(50, 100)).toBeCloseTo(1, 12);
  expect(cycle(100, 100)).toBeCloseTo(0.001, 12);
  const warm = warmUp(linear(), 0.1);
  expect([0, 1].map((step) => warm(step, 20))).toEqual([1 / 3, 2 / 3]);
  expect([warm(2, 20), warm(11, 20)]).toEqual([1, 0.5]);
});
