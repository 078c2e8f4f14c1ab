import { expect, test } from "vitest";
import { linkTexts, opContext, type OpSpec } from "../testing/op-context.ts";
import { gelus } from "./gelu.ts";

const biased: OpSpec = {
  type: "BiasGelu",
  domain: "com.microsoft",
  in: [[2, 3, 8], { dims: [8], weight: true }],
  out: [[2, 3, 8]],
};

test("the bias goes along the last axis", () => {
  expect(linkTexts(gelus[1]!, biased)).toEqual(["x0.2 = y0.2", "x0.1 = y0.1", "x0.0 = y0.0", "x1.0 = y0.2"]);
});

test("zero where both are, or X where there is no bias", () => {
  expect(gelus[1]!.zero!([true, true], opContext(biased))).toBe(true);
  expect(gelus[1]!.zero!([true, false], opContext(biased))).toBe(false);
  const fast = opContext({ ...biased, type: "FastGelu", in: [[2, 3, 8]] });
  expect(gelus[2]!.zero!([true], fast)).toBe(true);
});
