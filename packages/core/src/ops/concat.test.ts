import { expect, test } from "vitest";
import { linkTexts, opContext, type OpSpec } from "../testing/op-context.ts";
import { concat } from "./concat.ts";

const spec: OpSpec = {
  type: "Concat",
  in: [
    [2, 3],
    [2, 4],
  ],
  out: [[2, 7]],
  attributes: { axis: -1 },
};

test("every input is a run of the output", () => {
  expect(linkTexts(concat, spec)).toEqual([
    "x0.0 = y0.0",
    "x0.1[0..3] = y0.1[0..3]",
    "x1.0 = y0.0",
    "x1.1[0..4] = y0.1[3..7]",
  ]);
});

test("zero where all inputs that have the slices are zero", () => {
  expect(concat.zero!([true, undefined], opContext(spec))).toBe(true);
  expect(concat.zero!([true, false], opContext(spec))).toBe(false);
});
