import { expect, test } from "vitest";
import { linkTexts, opContext, type OpSpec } from "../testing/op-context.ts";
import { lpNormalization } from "./lp-normalization.ts";

const spec: OpSpec = { type: "LpNormalization", in: [[2, 8]], out: [[2, 8]] };

test("divides along one axis, by default the last", () => {
  expect(linkTexts(lpNormalization, spec)).toEqual([
    "x0.0 = y0.0",
    "x0.1 = y0.1",
    "inexact x0.1: is normalised over by LpNormalization",
  ]);
  expect(linkTexts(lpNormalization, { ...spec, attributes: { axis: 0 } }).at(-1)).toContain("inexact x0.0");
  expect(lpNormalization.zero!([true], opContext(spec))).toBe(true);
});
