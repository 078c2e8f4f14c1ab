import { expect, test } from "vitest";
import { float32Tensor, tensorOf, toFloat32 } from "../graph/tensor.ts";
import { dequantized, requantized, zeroElements, type Quantized } from "./quantized.ts";

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const tensor = tensorOf("w", "uint8", [2, 3], bytes(130, 128, 126, 1, 3, 5));

test("one scale and zero point for all: scale · (q − zero point)", () => {
  const one: Quantized = {
    tensor,
    scale: float32Tensor("s", [0.5], []),
    zeroPoint: tensorOf("z", "uint8", [], bytes(128)),
    axis: 1,
  };
  expect([...toFloat32(dequantized(one))]).toEqual([1, 0, -1, -63.5, -62.5, -61.5]);
  const masked = bytes(0, 0, 126, 1, 3, 5);
  zeroElements(one, masked, (i) => i < 2);
  expect([...masked]).toEqual([128, 128, 126, 1, 3, 5]);
});

test("one per index of an axis", () => {
  const rows: Quantized = {
    tensor,
    scale: float32Tensor("s", [1, 10]),
    zeroPoint: tensorOf("z", "uint8", [2], bytes(128, 3)),
    axis: 0,
  };
  expect([...toFloat32(dequantized(rows))]).toEqual([2, 0, -2, -20, 0, 20]);
  const masked = bytes(130, 0, 126, 1, 0, 5);
  zeroElements(rows, masked, (i) => i % 3 === 1);
  expect([...masked]).toEqual([130, 128, 126, 1, 3, 5]);
});

test("one per block along an axis", () => {
  // Blocks of two along axis 1: columns 0 and 1, and column 2.
  const blocks: Quantized = {
    tensor,
    scale: float32Tensor("s", [1, 10, 2, 20], [2, 2]),
    zeroPoint: undefined,
    axis: 1,
  };
  expect([...toFloat32(dequantized(blocks))]).toEqual([130, 128, 1260, 2, 6, 100]);
});

test("other numbers: the nearest, halfway the even one, and never beyond the range", () => {
  const own: Quantized = {
    tensor,
    scale: float32Tensor("s", [0.5], []),
    zeroPoint: tensorOf("z", "uint8", [], bytes(128)),
    axis: 0,
  };
  expect([...requantized(own, [0.6, 0.25, 0.75, -0.25, 100, -100]).bytes()]).toEqual([129, 128, 130, 128, 255, 0]);
  const signed: Quantized = { ...own, tensor: tensorOf("w", "int8", [3], bytes(0, 0, 0)), zeroPoint: undefined };
  const again = requantized(signed, [-1, 99, -99]);
  expect([...toFloat32(dequantized({ ...signed, tensor: again }))]).toEqual([-1, 63.5, -64]);
});

test("without a scale or zero point the integers themselves; wider integers, such as biases, are left alone", () => {
  const plain: Quantized = { tensor: tensorOf("w", "int8", [2], bytes(255, 4)), scale: undefined, zeroPoint: undefined, axis: 0 }; // prettier-ignore
  expect([...toFloat32(dequantized(plain))]).toEqual([-1, 4]);
  const bias = tensorOf("b", "int32", [1], bytes(7, 0, 0, 0));
  expect(dequantized({ ...plain, tensor: bias })).toBe(bias);
});
