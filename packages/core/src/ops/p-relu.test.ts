import { expect, test } from "vitest";
import { linkTexts, opContext, type OpSpec } from "../testing/op-context.ts";
import { pRelu } from "./p-relu.ts";

const spec: OpSpec = { type: "PRelu", in: [[2, 8, 5, 5], { dims: [8, 1, 1], weight: true }], out: [[2, 8, 5, 5]] };

test("a slope per channel goes with the channel", () => {
  expect(linkTexts(pRelu, spec).slice(4)).toEqual(["x1.0 = y0.1"]);
});

test("zero stays zero whatever the slope is", () => {
  expect(pRelu.zero!([true, undefined], opContext(spec))).toBe(true);
  expect(pRelu.zero!([false, true], opContext(spec))).toBe(false);
});
