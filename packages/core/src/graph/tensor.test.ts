import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bytesPerElement, isFloat, type DType } from "./dtype.ts";
import { byteLength, float32Tensor, int64Tensor, sizeOf, tensorOf, toFloat32, toNumbers } from "./tensor.ts";

/** The same bytes, beginning at an odd address. */
const unaligned = (bytes: Uint8Array): Uint8Array => {
  const shifted = new Uint8Array(bytes.length + 1);
  shifted.set(bytes, 1);
  return shifted.subarray(1);
};

const bytesOf = (view: ArrayBufferView): Uint8Array => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

test("the size of a shape; a scalar has one element", () => {
  expect([sizeOf([2, 3, 4]), sizeOf([]), sizeOf([5, 0])]).toEqual([24, 1, 0]);
});

test("bytes of a tensor", () => {
  expect(byteLength(tensorOf("", "float16", [3, 2], new Uint8Array(12)))).toBe(12);
  expect(byteLength(tensorOf("", "string", [3], new Uint8Array()))).toBe(0);
});

test("what weights are made of", () => {
  const floats: DType[] = ["float32", "float16", "bfloat16", "float64"];
  expect(floats.every(isFloat)).toBe(true);
  expect((["int8", "uint8", "int64", "bool", "string", "other"] as const).some(isFloat)).toBe(false);
  expect(floats.map(bytesPerElement)).toEqual([4, 2, 2, 8]);
});

describe("elements as numbers", () => {
  const cases: [DType, ArrayBufferView, number[]][] = [
    ["int64", BigInt64Array.of(-1n, 2n ** 40n), [-1, 2 ** 40]],
    ["uint64", BigUint64Array.of(1n, 2n ** 52n), [1, 2 ** 52]],
    ["int32", Int32Array.of(-5, 6), [-5, 6]],
    ["uint32", Uint32Array.of(5, 4294967295), [5, 4294967295]],
    ["int16", Int16Array.of(-300, 300), [-300, 300]],
    ["uint16", Uint16Array.of(65535, 1), [65535, 1]],
    ["int8", Int8Array.of(-128, 127), [-128, 127]],
    ["uint8", Uint8Array.of(255, 0), [255, 0]],
    ["bool", Uint8Array.of(1, 0), [1, 0]],
    ["float64", Float64Array.of(0.1, -1e300), [0.1, -1e300]],
    ["float32", Float32Array.of(0.5, -2), [0.5, -2]],
    ["float16", Uint16Array.of(0x3c00, 0xc000), [1, -2]],
    ["bfloat16", Uint16Array.of(0x3f80, 0xc040), [1, -3]],
  ];

  test.each(cases)("%s, aligned or not", (dtype, view, expected) => {
    const bytes = bytesOf(view);
    for (const data of [bytes, unaligned(bytes)]) {
      const tensor = tensorOf("", dtype, [2], data);
      expect(toNumbers(tensor)).toEqual(expected);
      expect([...toFloat32(tensor)]).toEqual(expected.map(Math.fround));
    }
  });

  test("there are none in strings and unknown types", () => {
    expect(toNumbers(tensorOf("", "string", [2], new Uint8Array()))).toEqual([]);
    expect(toNumbers(tensorOf("", "other", [2], new Uint8Array()))).toEqual([]);
  });
});

describe("half precision", () => {
  test("its corners", () => {
    const bits = [0x0000, 0x8000, 0x0001, 0x03ff, 0x0400, 0x3555, 0x7bff, 0x7c00, 0xfc00, 0x7e00];
    const tensor = tensorOf("", "float16", [bits.length], bytesOf(Uint16Array.from(bits)));
    expect([...toFloat32(tensor)]).toEqual([
      ...[0, -0, 2 ** -24, 1023 * 2 ** -24, 2 ** -14, 0.333251953125, 65504],
      ...[Infinity, -Infinity, NaN],
    ]);
  });
});

test("float32 is viewed, not copied, where it is aligned", () => {
  const data = Float32Array.of(1, 2, 3);
  expect(toFloat32(tensorOf("", "float32", [3], bytesOf(data))).buffer).toBe(data.buffer);
});

test("made tensors hold what they were given", () => {
  expect(toNumbers(int64Tensor("i", [3, -4]))).toEqual([3, -4]);
  expect(int64Tensor("i", [3], []).dims).toEqual([]);
  const { name, dtype, dims } = float32Tensor("f", [1, 2, 3, 4], [2, 2]);
  expect([name, dtype, dims]).toEqual(["f", "float32", [2, 2]]);
});

test("law: a float32 survives", () => {
  fc.assert(
    fc.property(fc.float32Array(), (values) => {
      expect(toFloat32(float32Tensor("f", values))).toEqual(values);
    }),
  );
});
