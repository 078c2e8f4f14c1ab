import { expect, test } from "vitest";
import { float32Tensor } from "../graph/tensor.ts";
import { cutTexts, linkTexts, opContext, type OpSpec } from "../testing/op-context.ts";
import { constantOfShape } from "./constant-of-shape.ts";

/** The initial state of an LSTM: [1, batch, hidden]. */
const state = (shape: OpSpec["in"][number]): OpSpec => ({
  type: "ConstantOfShape",
  in: [shape],
  out: [{ dims: [1, 2, 8], dynamic: [1] }],
});

test("its axes have sizes, no slices", () => {
  expect(linkTexts(constantOfShape, state({ ints: [1, 2, 8] }))).toEqual([]);
});

test("a cut asks for less", () => {
  expect(cutTexts(constantOfShape, state({ ints: [1, 2, 8] }), { "y0.2": [0, 1, 5] })).toEqual([
    "ConstantOfShape([1 2 3]) -> y0",
  ]);
  expect(cutTexts(constantOfShape, state({ dims: [3] }), { "y0.2": [0, 1, 5] })).toEqual([
    "Mul(x0, [1 1 0]) -> shape0",
    "Add(shape0, [0 0 3]) -> shape1",
    "ConstantOfShape(shape1) -> y0",
  ]);
});

test("zero unless another value is given", () => {
  const filled = (value: number): OpSpec => ({
    ...state({ ints: [1, 2, 8] }),
    attributes: { value: { type: "tensor", value: float32Tensor("", [value]) } },
  });
  expect(constantOfShape.zero!([], opContext(state({ ints: [1, 2, 8] })))).toBe(true);
  expect(constantOfShape.zero!([], opContext(filled(0)))).toBe(true);
  expect(constantOfShape.zero!([], opContext(filled(1)))).toBe(false);
});
