import { expect, test } from "vitest";
import { cutTexts, linkTexts, type OpSpec } from "../testing/op-context.ts";
import { size } from "./size.ts";

const fixed: OpSpec = { type: "Size", in: [[2, 8, 5]], out: [[]] };

test("after a cut the number of elements is that before it", () => {
  expect(linkTexts(size, fixed)).toEqual([]);
  expect(cutTexts(size, fixed, { "x0.1": [0, 1, 2] })).toEqual(["Identity(80) -> y0"]);
  expect(cutTexts(size, fixed, {})).toBeUndefined();
});

test("a number that varies is scaled back", () => {
  const spec: OpSpec = { type: "Size", in: [{ dims: [2, 8, 5], dynamic: [0] }], out: [[]] };
  expect(cutTexts(size, spec, { "x0.1": [0, 1, 2] })).toEqual([
    "Size(x0) -> size0",
    "Mul(size0, 8) -> size1",
    "Div(size1, 3) -> y0",
  ]);
});
