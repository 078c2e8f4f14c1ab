import { expect, test } from "vitest";
import { linkTexts } from "../testing/op-context.ts";
import { nonZero } from "./non-zero.ts";

test("every axis is addressed by position", () => {
  expect(linkTexts(nonZero, { type: "NonZero", in: [[2, 3]], out: [[2, 4]] })).toEqual(
    ["x0.0", "x0.1", "y0.0", "y0.1"].map((axis) => `pin ${axis}: has its indices taken by NonZero`),
  );
});
