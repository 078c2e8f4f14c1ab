import { expect, test } from "vitest";
import { floatsIn, floatsOf, inFloats } from "./floats-in.ts";
import type { RunTensor } from "./model.ts";

const half: RunTensor = { dtype: "float16", dims: [3], data: Uint16Array.of(0x3c00, 0xc000, 0x7c00) };
const single: RunTensor = { dtype: "float32", dims: [3], data: Float32Array.of(1, -2, Infinity) };
const double: RunTensor = { dtype: "float64", dims: [3], data: Float64Array.of(1, -2, Infinity) };
const bits: RunTensor = { dtype: "uint16", dims: [1], data: Uint16Array.of(0x3c00) };

test("floats of any type are numbers; nothing else is", () => {
  expect([half, single, double].map((value) => [...floatsIn(value)!])).toEqual([1, 2, 3].map(() => [1, -2, Infinity]));
  expect(floatsIn(bits)).toBeUndefined();
});

test("in single precision, floats of any type and counts", () => {
  for (const value of [half, single, double]) expect(floatsOf(value)).toEqual(single.data);
  expect(floatsOf({ dtype: "int32", dims: [1], data: Int32Array.of(7) })).toEqual(Float32Array.of(7));
  expect(floatsOf(single)).toBe(single.data);
});

test("each type of floats becomes every other; what is none stays", () => {
  for (const from of [half, single, double])
    for (const to of [half, single, double]) expect(inFloats(from, to.dtype)).toEqual(to);
  expect(inFloats(bits, "float32")).toBe(bits);
  expect(inFloats(single, "int8")).toBe(single);
});
