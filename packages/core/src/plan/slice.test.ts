import fc from "fast-check";
import { expect, test } from "vitest";
import { bytesPerElement } from "../graph/dtype.ts";
import { float32Tensor, int64Tensor, sizeOf, tensorOf, toNumbers } from "../graph/tensor.ts";
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

test("law: an element is kept, where it was or packed, if all its indices are; whatever its type and alignment", () => {
  const cases = fc.record({
    dims: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 }),
    inner: fc.constantFrom(1, 2, 40),
    seed: fc.nat(),
    dtype: fc.constantFrom("int8", "float16", "float32", "int64"),
    offset: fc.nat(1),
  });
  fc.assert(
    fc.property(cases, ({ dims: outer, inner, seed, dtype, offset }) => {
      const dims = [...outer, inner];
      const width = bytesPerElement(dtype);
      const data = new Uint8Array(sizeOf(dims) * width + offset).map((_, i) => 1 + ((i * 31) % 255)).subarray(offset);
      const keeps = (axis: number, index: number): boolean => (seed >> (axis * 5 + index)) % 2 === 0;
      const kept = new Map(outer.map((size, axis) => [axis, count(size).filter((i) => keeps(axis, i))]));
      const indexOf = (at: number, axis: number): number => Math.floor(at / sizeOf(dims.slice(axis + 1))) % dims[axis]!;
      const alive = count(sizeOf(dims)).map((at) => outer.every((_, axis) => keeps(axis, indexOf(at, axis))));
      const tensor = tensorOf("w", dtype, dims, data);
      const packed = [...data].filter((_, i) => alive[Math.floor(i / width)]);
      expect([...keepSlices(tensor, kept).bytes()]).toEqual(packed);
      const zeroed = [...data].map((byte, i) => (alive[Math.floor(i / width)] ? byte : 0));
      expect([...zeroSlices(tensor, kept).bytes()]).toEqual(zeroed);
    }),
  );
});

test("does not hold on to large slices, and makes the same ones again", () => {
  const tensor = float32Tensor("w", count(2 ** 16), [2, 2 ** 15]);
  const kept = keepSlices(tensor, new Map([[0, [1]]]));
  expect(kept.bytes()).not.toBe(kept.bytes());
  expect(kept.bytes()).toEqual(kept.bytes());
});
