import { expect, test } from "vitest";
import { linkTexts, type OpSpec } from "../testing/op-context.ts";
import { oneHot } from "./one-hot.ts";

const spec: OpSpec = { type: "OneHot", in: [[2, 7], { ints: [10] }, [2]], out: [[2, 7, 10]] };

test("the new axis is the last one, and addressed by indices", () => {
  expect(linkTexts(oneHot, spec)).toEqual(["x0.0 = y0.0", "x0.1 = y0.1", "pin y0.2: is addressed by indices (OneHot)"]);
});

test("or the one that axis says", () => {
  expect(linkTexts(oneHot, { ...spec, out: [[2, 10, 7]], attributes: { axis: 1 } })).toEqual([
    "x0.0 = y0.0",
    "pin y0.1: is addressed by indices (OneHot)",
    "x0.1 = y0.2",
  ]);
});
