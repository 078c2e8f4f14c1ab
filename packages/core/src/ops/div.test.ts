import { expect, test } from "vitest";
import { linkTexts, opContext, type OpSpec } from "../testing/op-context.ts";
import { div, mod } from "./div.ts";

const spec: OpSpec = { type: "Div", in: [[2, 3], [3]], out: [[2, 3]] };

test("the divisor must not be zero", () => {
  const links = ["x0.1 = y0.1", "x0.0 = y0.0", "x1.0 = y0.1"];
  expect(linkTexts(div, spec)).toEqual([...links, "needs-nonzero x1.0: is what Div divides by"]);
  expect(linkTexts(mod, { ...spec, type: "Mod" })).toEqual([...links, "needs-nonzero x1.0: is what Mod divides by"]);
  expect(linkTexts(div, { ...spec, in: [[2, 3], []] })).toEqual(["x0.1 = y0.1", "x0.0 = y0.0"]);
});

test("zero over something is zero", () => {
  const op = opContext(spec);
  expect(div.zero!([true, false], op)).toBe(true);
  expect(div.zero!([true, undefined], op)).toBe(true);
  expect(div.zero!([true, true], op)).toBe(false);
  expect(div.zero!([false, true], op)).toBe(false);
});
