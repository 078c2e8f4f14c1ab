import { expect, test } from "vitest";
import { float32Tensor, int64Tensor, toNumbers } from "../graph/tensor.ts";
import { keepSlices, zeroSlices } from "./slice.ts";

const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

test("keeps indices of several axes at once", () => {
  const kept = keepSlices(float32Tensor("w", count(12), [3, 4]), new Map([[0, [0, 2]], [1, [1, 3]]])); // prettier-ignore
  expect(kept.dims).toEqual([2, 2]);
  expect(toNumbers(kept)).toEqual([1, 3, 9, 11]);
});

test("moves whole blocks behind the axis, for other types too", () => {
  const kept = keepSlices(int64Tensor("w", count(80), [2, 2, 20]), new Map([[1, [1]]]));
  expect(toNumbers(kept)).toEqual([...count(20).map((i) => i + 20), ...count(20).map((i) => i + 60)]);
});

test("reads bytes that are not aligned", () => {
  const bytes = new Uint8Array(13);
  bytes.set(new Uint8Array(Float32Array.of(1, 2, 3).buffer), 1);
  const tensor = { name: "w", dtype: "float32", dims: [3], bytes: () => bytes.subarray(1) } as const;
  expect(toNumbers(keepSlices(tensor, new Map([[0, [0, 2]]])))).toEqual([1, 3]);
});

test("zeroes what is not kept, and leaves the tensor it was given alone", () => {
  const tensor = float32Tensor("w", [1, 2, 3, 4], [2, 2]);
  expect(toNumbers(zeroSlices(tensor, new Map([[1, [1]]])))).toEqual([0, 2, 0, 4]);
  expect(toNumbers(tensor)).toEqual([1, 2, 3, 4]);
});
