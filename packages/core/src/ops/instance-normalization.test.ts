import { expect, test } from "vitest";
import { linkTexts, opContext, type OpSpec } from "../testing/op-context.ts";
import { instanceNormalization } from "./instance-normalization.ts";

const spec: OpSpec = {
  type: "InstanceNormalization",
  in: [[2, 8, 49], { dims: [8], weight: true }, { dims: [8], weight: true }],
  out: [[2, 8, 49]],
};

test("channels go with scale and bias, spatial axes are mixed", () => {
  expect(linkTexts(instanceNormalization, spec)).toEqual([
    "x0.0 = y0.0",
    "x0.1 = y0.1",
    "x0.2 = y0.2",
    "x1.0 = x0.1",
    "x2.0 = x0.1",
    "inexact x0.2: is normalised over by InstanceNormalization",
  ]);
});

test("without bias, zero comes of a zero scale or of a channel that is zero throughout", () => {
  const zero = (...z: readonly (boolean | undefined)[]): boolean => instanceNormalization.zero!(z, opContext(spec));
  expect(zero(false, true, true)).toBe(true);
  expect(zero(true, false, true)).toBe(true);
  expect(zero(true, true, false)).toBe(false);
  expect(zero(false, undefined, undefined)).toBe(false);
});
