import { expect, test } from "vitest";
import { linkTexts, opContext, type OpSpec } from "../testing/op-context.ts";
import { dynamicQuantizeLinear } from "./dynamic-quantize-linear.ts";

const spec: OpSpec = { type: "DynamicQuantizeLinear", in: [[2, 8]], out: [[2, 8], [], []] };

test("integers have the axes of what they stand for; scale and zero point have none", () => {
  expect(linkTexts(dynamicQuantizeLinear, spec)).toEqual(["x0.1 = y0.1", "x0.0 = y0.0"]);
});

test("what is 0 becomes the zero point", () => {
  expect(dynamicQuantizeLinear.zero!([true], opContext(spec))).toBe(true);
  expect(dynamicQuantizeLinear.zero!([false], opContext(spec))).toBe(false);
});
