import { expect, test } from "vitest";
import { accuracy, agreement } from "./metrics.ts";

test("accuracy and agreement are fractions of equal classes", () => {
  expect(accuracy(Int32Array.of(1, 2, 3, 4), Int32Array.of(1, 2, 0, 0))).toBe(0.5);
  expect(agreement(Int32Array.of(1, 2), Int32Array.of(1, 2))).toBe(1);
});

test("labels and predictions are as many", () => {
  expect(() => accuracy(Int32Array.of(1), Int32Array.of(1, 2))).toThrow("There are 2 labels for 1 predictions.");
});
