import fc from "fast-check";
import { expect, test } from "vitest";
import { float32Tensor, sizeOf, tensorOf } from "./graph/tensor.ts";
import { sumAlong } from "./reduce.ts";

/** [[1, −2, 3], [−4, 5, −6]] */
const matrix = float32Tensor("w", [1, -2, 3, -4, 5, -6], [2, 3]);

test("rows and columns", () => {
  expect([...sumAlong(matrix, 0, "abs")]).toEqual([6, 15]);
  expect([...sumAlong(matrix, 1, "abs")]).toEqual([5, 7, 9]);
  expect([...sumAlong(matrix, 0, "square")]).toEqual([14, 77]);
  expect([...sumAlong(matrix, 1, "square")]).toEqual([17, 29, 45]);
});

test("the middle axis of three", () => {
  // [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]
  const cube = float32Tensor("w", [1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2]);
  expect([...sumAlong(cube, 1, "abs")]).toEqual([1 + 2 + 5 + 6, 3 + 4 + 7 + 8]);
});

test("half precision", () => {
  const half = tensorOf("w", "float16", [2], new Uint8Array(Uint16Array.of(0xc000, 0x3800).buffer)); // −2, ½
  expect([...sumAlong(half, 0, "abs")]).toEqual([2, 0.5]);
});

test("is accumulated in double precision", () => {
  const many = float32Tensor("w", new Float32Array(1 << 20).fill(0.1), [1, 1 << 20]);
  expect(sumAlong(many, 0, "abs")[0]! / (Math.fround(0.1) * (1 << 20))).toBeCloseTo(1, 12);
});

test("an axis of size 0", () => {
  expect([...sumAlong(float32Tensor("w", [], [0, 3]), 1, "abs")]).toEqual([0, 0, 0]);
});

test("law: what an index gets is the sum over its slice", () => {
  const shaped = fc
    .array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 })
    .chain((dims) =>
      fc.tuple(
        fc.constant(dims),
        fc.nat(dims.length - 1),
        fc.array(fc.integer({ min: -9, max: 9 }), { minLength: sizeOf(dims), maxLength: sizeOf(dims) }),
      ),
    );
  fc.assert(
    fc.property(shaped, ([dims, axis, values]) => {
      const expected: number[] = [];
      const stride = sizeOf(dims.slice(axis + 1));
      for (let i = 0; i < dims[axis]!; i++) {
        const slice = values.filter((_, at) => Math.floor(at / stride) % dims[axis]! === i);
        expected.push(slice.reduce((sum, v) => sum + v * v, 0));
      }
      expect([...sumAlong(float32Tensor("w", values, dims), axis, "square")]).toEqual(expected);
    }),
  );
});

test("elements that do not start at a multiple of four bytes, more than are read at a time", () => {
  const [rows, columns] = [300, 129];
  const values = Float32Array.from({ length: rows * columns }, (_, i) => ((i * 7) % 11) - 5);
  const bytes = new Uint8Array(values.length * 4 + 1);
  bytes.set(new Uint8Array(values.buffer), 1);
  const unaligned = tensorOf("w", "float32", [rows, columns], bytes.subarray(1));
  const aligned = float32Tensor("w", values, [rows, columns]);
  for (const axis of [0, 1]) {
    for (const norm of ["abs", "square"] as const) {
      expect(sumAlong(unaligned, axis, norm)).toEqual(sumAlong(aligned, axis, norm));
    }
  }
});
