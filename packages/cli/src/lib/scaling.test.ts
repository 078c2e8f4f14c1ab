import { expect, test } from "vitest";
import { scaled, scaleOf } from "./scaling.ts";

const pixels = { dtype: "uint8", dims: [1, 2, 1, 2], data: Uint8Array.of(0, 255, 51, 102) } as const;

test("divides pixels by 255 unless told otherwise", () => {
  expect([...scaled(pixels, {}, 0, 4)].map((x) => x.toFixed(2))).toEqual(["0.00", "1.00", "0.20", "0.40"]);
  expect([...scaled(pixels, { scale: 1 }, 0, 4)]).toEqual([0, 255, 51, 102]);
  expect(scaleOf({}, "uint8")).toBe(1 / 255);
  expect(scaleOf({}, "float32")).toBe(1);
});

test("subtracts a mean and divides by a deviation, per channel", () => {
  expect([...scaled(pixels, { scale: 1, mean: [5, 51], std: [5, 51] }, 0, 4)]).toEqual([-1, 50, 0, 1]);
  expect([...scaled(pixels, { scale: 1, mean: [1] }, 0, 4)]).toEqual([-1, 254, 50, 101]);
  expect([...scaled(pixels, { scale: 1, mean: [1], std: [1, 2] }, 2, 4)]).toEqual([25, 50.5]);
});

test("finds channels on the last axis when only that fits", () => {
  const last = { dtype: "float32", dims: [1, 3, 2], data: new Float32Array([1, 2, 3, 4, 5, 6]) } as const;
  expect([...scaled(last, { mean: [1, 2] }, 0, 6)]).toEqual([0, 0, 2, 2, 4, 4]);
});

test("refuses as many numbers as there are no channels", () => {
  expect(() => scaled(pixels, { mean: [1, 2, 3] }, 0, 4)).toThrow(
    "--mean and --std have 3 numbers, but no axis of the data [1, 2, 1, 2] has as many channels.",
  );
});

test("reads half precision", () => {
  const half = { dtype: "float16", dims: [5], data: Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7c00, 0x0000) } as const;
  expect([...scaled(half, {}, 0, 5)]).toEqual([1, -2, 2 ** -24, Infinity, 0]);
});
