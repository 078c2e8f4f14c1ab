import { expect, test } from "vitest";
import { linkTexts, opContext, type OpSpec } from "../testing/op-context.ts";
import { mul } from "./mul.ts";

const gate: OpSpec = {
  type: "Mul",
  in: [
    [2, 8, 5, 5],
    [2, 8, 1, 1],
  ],
  out: [[2, 8, 5, 5]],
};

test("a gate of one number per channel shares N and C", () => {
  expect(linkTexts(mul, gate).slice(4)).toEqual(["x1.1 = y0.1", "x1.0 = y0.0"]);
});

test("a product is zero where one operand is", () => {
  expect(mul.zero!([true, false], opContext(gate))).toBe(true);
  expect(mul.zero!([false, undefined], opContext(gate))).toBe(false);
});
