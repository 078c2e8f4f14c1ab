import { expect, test } from "vitest";
import { difference } from "./compare.ts";

const floats = (...data: number[]) => ({
  dtype: "float32" as const,
  dims: [data.length],
  data: Float32Array.from(data),
});

test("differences are relative to the largest value of the first", () => {
  expect(difference(floats(1, -4), floats(1, -3))).toEqual({ error: 0.25, proven: true });
});

test("values below a scale are measured by that", () => {
  const [a, b] = [floats(2e-5), floats(2.003e-5)];
  expect(difference(a, b).error).toBeCloseTo(1.5e-3, 6);
  expect(difference(a, b, 1e-3).error).toBeCloseTo(3e-5, 8);
  expect(difference(floats(0, 2), floats(0.5, 2), 1e-3).error).toBe(0.25);
});

test("what is not a number must not be one on the other side either", () => {
  expect(difference(floats(NaN, Infinity), floats(NaN, Infinity))).toEqual({ error: 0, proven: false });
  expect(difference(floats(NaN, 1), floats(0, 1)).error).toBe(Infinity);
  expect(difference(floats(Infinity, 1), floats(-Infinity, 1)).error).toBe(Infinity);
});
