import { expect, test } from "vitest";
import { linkTexts, opContext, type OpSpec } from "../testing/op-context.ts";
import { shrink } from "./shrink.ts";

const spec: OpSpec = { type: "Shrink", in: [[2, 3]], out: [[2, 3]] };
const bias = { type: "float", value: 0.25 } as const;

test("keeps its axes, and zeros unless a negative λ moves them by the bias", () => {
  expect(linkTexts(shrink, spec)).toEqual(["x0.1 = y0.1", "x0.0 = y0.0"]);
  expect(shrink.zero!([true], opContext({ ...spec, attributes: { bias } }))).toBe(true);
  expect(shrink.zero!([true], opContext({ ...spec, attributes: { bias, lambd: { type: "float", value: -1 } } }))).toBe(
    false,
  );
});
