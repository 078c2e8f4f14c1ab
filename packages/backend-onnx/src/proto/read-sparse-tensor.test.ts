import { toFloat32, toNumbers } from "@prune/core";
import { expect, test } from "vitest";
import { failureOf } from "../../test/failure.ts";
import { bytes, f32, i64, int, raw, reluModel, tensor } from "../../test/wire-bytes.ts";
import { concat } from "./chunk.ts";
import { readOnnx } from "./read-model.ts";
import { encodeModel } from "./write-model.ts";

/** A model with one sparse float32 initializer "w". */
function sparseModel(
  values: readonly number[],
  indices: readonly number[],
  indexDims: readonly number[],
  dims: readonly number[],
): Uint8Array {
  const v = bytes(1, tensor("w", [values.length], 1, raw(...f32(...values))));
  const i = bytes(2, tensor("", indexDims, 7, raw(...i64(...indices))));
  return reluModel(
    bytes(
      15,
      v,
      i,
      dims.flatMap((d) => int(3, d)),
    ),
  );
}

test("flat indices: [[0, 5, 0], [0, 0, 7]] from values 5 and 7 at 1 and 5", () => {
  const w = readOnnx(sparseModel([5, 7], [1, 5], [2], [2, 3])).parameters.get("w")!;
  expect(w).toMatchObject({ name: "w", dtype: "float32", dims: [2, 3] });
  expect([...toFloat32(w)]).toEqual([0, 5, 0, 0, 0, 7]);
});

test("one index per axis", () => {
  const w = readOnnx(sparseModel([5, 7], [0, 1, 1, 2], [2, 2], [2, 3])).parameters.get("w")!;
  expect(toNumbers(w)).toEqual([0, 5, 0, 0, 0, 7]);
});

test("no values at all", () => {
  expect(toNumbers(readOnnx(sparseModel([], [], [0], [2])).parameters.get("w")!)).toEqual([0, 0]);
});

test("stays sparse in a changed model, and becomes dense when it is changed itself", () => {
  const file = sparseModel([5, 7], [1, 5], [2], [2, 3]);
  const graph = readOnnx(file);
  const w = graph.parameters.get("w")!;
  const kept = readOnnx(concat(encodeModel({ ...graph, name: "changed" }).chunks));
  expect(kept.parameters.get("w")!.origin).toMatchObject({ sparse: true });
  const doubled = Float32Array.from(toFloat32(w), (x) => 2 * x);
  const changed = { ...w, bytes: () => new Uint8Array(doubled.buffer) };
  const dense = readOnnx(
    concat(encodeModel({ ...graph, parameters: new Map([["w", changed]]) }).chunks),
  ).parameters.get("w")!;
  expect(dense.origin).toMatchObject({ sparse: false });
  expect(toNumbers(dense)).toEqual([0, 10, 0, 0, 0, 14]);
});

test("malformed ones are errors", () => {
  const read = (...args: Parameters<typeof sparseModel>) =>
    failureOf(() =>
      readOnnx(sparseModel(...args))
        .parameters.get("w")!
        .bytes(),
    ).message;
  expect(read([5], [6], [1], [2, 3])).toMatch('sparse tensor "w" has a value at index 6, outside of dims [2, 3]');
  expect(read([5], [-1], [1], [2, 3])).toMatch('sparse tensor "w" has a value at index -1, outside of dims [2, 3]');
  expect(read([5], [0, 0, 0], [1, 3], [2, 3])).toMatch(
    'sparse tensor "w" has 1 values; its indices should be one number or 2 for each, and are dims [1, 3]',
  );
  expect(read([5], [0], [1], [2 ** 20, 2 ** 20])).toMatch(
    'sparse tensor "w" with dims [1048576, 1048576] takes more than 2 GB when dense',
  );
  expect(failureOf(() => readOnnx(reluModel(bytes(15, int(3, 4))))).message).toMatch("a sparse tensor has no values");
});
