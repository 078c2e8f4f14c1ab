import { expect, test } from "vitest";
import { linkTexts } from "../testing/op-context.ts";
import { transpose } from "./transpose.ts";

test("an axis of the output is the axis of the input that perm names", () => {
  const spec = { type: "Transpose", in: [[2, 3, 4]], out: [[4, 2, 3]], attributes: { perm: [2, 0, 1] } };
  expect(linkTexts(transpose, spec)).toEqual(["x0.2 = y0.0", "x0.0 = y0.1", "x0.1 = y0.2"]);
});

test("without perm the axes are reversed", () => {
  const spec = { type: "Transpose", in: [[2, 3, 4]], out: [[4, 3, 2]] };
  expect(linkTexts(transpose, spec)).toEqual(["x0.2 = y0.0", "x0.1 = y0.1", "x0.0 = y0.2"]);
});
