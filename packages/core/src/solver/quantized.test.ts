import { expect, test } from "vitest";
import { float32Tensor, tensorOf, toFloat32 } from "../graph/tensor.ts";
import { dequantized, zeroElements, type Quantized } from "./quantized.ts";

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

test("without a scale or zero point the integers themselves; wider integers, such as biases, are left alone", () => {
  const plain: Quantized = { tensor: tensorOf("w", "int8", [2], bytes(255, 4)), scale: undefined, zeroPoint: undefined, axis: 0 }; // prettier-ignore
  expect([...toFloat32(dequantized(plain))]).toEqual([-1, 4]);
  const bias = tensorOf("b", "int32", [1], bytes(7, 0, 0, 0));
  expect(dequantized({ ...plain, tensor: bias })).toBe(bias);
});
