import { expect, test } from "vitest";
import { linkTexts, opContext, type OpSpec } from "../testing/op-context.ts";
import { identity } from "./identity.ts";

test("the output is the input", () => {
  const spec: OpSpec = { type: "Identity", in: [[2, 3]], out: [[2, 3]] };
  expect(linkTexts(identity, spec)).toEqual(["x0.1 = y0.1", "x0.0 = y0.0"]);
  expect(identity.zero!([true], opContext(spec))).toBe(true);
});
