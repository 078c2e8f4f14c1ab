import { expect, test } from "vitest";
import { cutTexts, linkTexts, type OpSpec } from "../testing/op-context.ts";
import { tile } from "./tile.ts";

const thrice: OpSpec = { type: "Tile", in: [[2, 4], { ints: [1, 3] }], out: [[2, 12]] };

test("an axis of the output is [repetition, index]", () => {
  expect(linkTexts(tile, thrice)).toEqual(["x0.0 = y0.0", "repeat1:3 * x0.1 = y0.1"]);
});

test("slices of the input go from every repetition without another word", () => {
  expect(cutTexts(tile, thrice, { "x0.1": [0, 3], "y0.1": [0, 3, 4, 7, 8, 11] })).toBeUndefined();
});

test("repetitions that go are counted", () => {
  expect(cutTexts(tile, thrice, { repeat1: [0, 2], "y0.1": [0, 1, 2, 3, 8, 9, 10, 11] })).toEqual([
    "Tile(x0, [1 2]) -> y0",
  ]);
});

test("repetitions known only at run time are pinned where their number varies", () => {
  const spec: OpSpec = {
    type: "Tile",
    in: [[1, 4], { dims: [2] }],
    out: [{ dims: [2, 12], dynamic: [0] }],
  };
  expect(linkTexts(tile, spec)).toEqual([
    "repeat0:2 * x0.0 = y0.0",
    "pin repeat0:2: is repeated a number of times known only at run time",
    "repeat1:3 * x0.1 = y0.1",
  ]);
  expect(cutTexts(tile, spec, { repeat1: [1], "y0.1": [4, 5, 6, 7] })).toEqual([
    "Mul(x1, [1 0]) -> shape0",
    "Add(shape0, [0 1]) -> shape1",
    "Tile(x0, shape1) -> y0",
  ]);
});
