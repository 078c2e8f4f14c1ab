import type { ValueInfo } from "@prune/core";
import { expect, test } from "vitest";
import { dataSetOf } from "./data-of-arrays.ts";
import type { NpyArray } from "./npy.ts";

const inputs: ValueInfo[] = [
  { name: "x", dtype: "float32", dims: ["batch", 2] },
  { name: "state", dtype: "float32", dims: [2, "batch"] },
  { name: "rate", dtype: "int64", dims: [] },
];
const array = (dims: number[], ...values: number[]): NpyArray => ({
  dtype: "float32",
  dims,
  data: Float32Array.from(values),
});
const arrays = new Map([
  ["x", array([2, 2], 1, 2, 3, 4)],
  ["state", array([2, 2, 1], 5, 6, 7, 8)],
  ["rate", array([2], 8, 16)],
]);

test("arrays with an axis more than their input hold whole inputs, one per run", () => {
  const data = dataSetOf(arrays, inputs, { source: "a.npz" });
  expect([data.count, data.batchSize]).toEqual([2, 1]);
  expect(data.batch(1, 2)).toEqual({
    x: { dtype: "float32", dims: [1, 2], data: Float32Array.of(3, 4) },
    state: { dtype: "float32", dims: [2, 1], data: Float32Array.of(7, 8) },
    rate: { dtype: "int64", dims: [], data: BigInt64Array.of(16n) },
  });
  expect(() => data.batch(0, 2)).toThrow('a.npz holds whole inputs "state", which are taken one at a time, not 2');
  const wrong = new Map([...arrays, ["state", array([2, 1, 2], 5, 6, 7, 8)]]);
  expect(() => dataSetOf(wrong, inputs, { source: "a.npz" })).toThrow('a.npz holds [2, 1, 2] for input "state"');
});

test("an array without a name is for a model with one input", () => {
  const one = new Map([["", array([2, 2], 1, 2, 3, 4)]]);
  expect(dataSetOf(one, inputs.slice(0, 1), { source: "a.npy" }).count).toBe(2);
  expect(() => dataSetOf(one, inputs, { source: "a.npy" })).toThrow(
    'a.npy is one array, and the model takes 3: "x", "state", "rate". Give an .npz file with an array of each name.',
  );
});
