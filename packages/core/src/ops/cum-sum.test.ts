import { expect, test } from "vitest";
import { linkTexts, type OpSpec } from "../testing/op-context.ts";
import { cumSum } from "./cum-sum.ts";

test("only the axis summed along mixes its slices", () => {
  const spec: OpSpec = { type: "CumSum", in: [[2, 3], { ints: [-1], dims: [] }], out: [[2, 3]] };
  expect(linkTexts(cumSum, spec)).toEqual(["x0.1 = y0.1", "x0.0 = y0.0", "inexact x0.1: is summed up by CumSum"]);
});

test("an axis known only at run time could be any", () => {
  const spec: OpSpec = { type: "CumSum", in: [[3], { dims: [] }], out: [[3]] };
  const reason = "is summed up along an axis known only at run time";
  expect(linkTexts(cumSum, spec)).toEqual([`pin x0.0: ${reason}`, `pin y0.0: ${reason}`]);
});
