import { expect, test } from "vitest";
import { linkTexts, opContext, type OpSpec } from "../testing/op-context.ts";
import { where } from "./where.ts";

const masked = (otherwise: number): OpSpec => ({
  type: "Where",
  in: [[5, 5], [2, 3, 5, 5], { floats: [otherwise], dims: [] }],
  out: [[2, 3, 5, 5]],
});

test("all three operands are broadcast", () => {
  expect(linkTexts(where, masked(0))).toEqual([
    "x0.1 = y0.3",
    "x0.0 = y0.2",
    "x1.3 = y0.3",
    "x1.2 = y0.2",
    "x1.1 = y0.1",
    "x1.0 = y0.0",
  ]);
});

test("zero where both choices are", () => {
  expect(where.zero!([false, true, true], opContext(masked(0)))).toBe(true);
  expect(where.zero!([undefined, true, undefined], opContext(masked(0)))).toBe(true);
  expect(where.zero!([undefined, true, undefined], opContext(masked(-1e9)))).toBe(false);
  expect(where.zero!([true, true, false], opContext(masked(0)))).toBe(false);
});
