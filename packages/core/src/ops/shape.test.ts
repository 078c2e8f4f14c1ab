import { expect, test } from "vitest";
import { cutTexts, linkTexts, type OpSpec } from "../testing/op-context.ts";
import { shape } from "./shape.ts";

const fixed: OpSpec = { type: "Shape", in: [[2, 8, 5]], out: [[3]] };

test("sizes have no slices", () => {
  expect(linkTexts(shape, fixed)).toEqual([]);
});

test("after a cut the sizes are those before it", () => {
  expect(cutTexts(shape, fixed, { "x0.1": [0, 1, 2] })).toEqual(["Identity([2 8 5]) -> y0"]);
  expect(cutTexts(shape, fixed, {})).toBeUndefined();
});

test("start and end choose some of the axes", () => {
  const spec: OpSpec = { type: "Shape", in: [[2, 8, 5]], out: [[2]], attributes: { start: -2 } };
  expect(cutTexts(shape, spec, { "x0.1": [0, 1, 2] })).toEqual(["Identity([8 5]) -> y0"]);
  expect(cutTexts(shape, { ...spec, attributes: { end: 1 }, out: [[1]] }, { "x0.1": [0, 1, 2] })).toBeUndefined();
});

test("sizes that vary are scaled back", () => {
  const spec: OpSpec = { type: "Shape", in: [{ dims: [2, 8, 5], dynamic: [0] }], out: [[3]] };
  expect(cutTexts(shape, spec, { "x0.1": [0, 1, 2] })).toEqual([
    "Shape(x0) -> shape0",
    "Mul(shape0, [1 8 1]) -> shape1",
    "Div(shape1, [1 3 1]) -> y0",
  ]);
});
