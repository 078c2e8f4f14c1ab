import { expect, test } from "vitest";
import { linkTexts } from "../testing/op-context.ts";
import { flatten } from "./flatten.ts";

test("features before a fully connected layer are channel, row, column", () => {
  const spec = { type: "Flatten", in: [[2, 8, 5, 5]], out: [[2, 200]] };
  expect(linkTexts(flatten, spec)).toEqual(["x0.0 = y0.0", "x0.1 * x0.2 * x0.3 = y0.1"]);
});

test("a negative axis counts from the end", () => {
  const spec = { type: "Flatten", in: [[2, 3, 4]], out: [[6, 4]], attributes: { axis: -1 } };
  expect(linkTexts(flatten, spec)).toEqual(["x0.0 * x0.1 = y0.0", "x0.2 = y0.1"]);
});

test("axis 0 leaves nothing before it", () => {
  const spec = { type: "Flatten", in: [[2, 3]], out: [[1, 6]], attributes: { axis: 0 } };
  expect(linkTexts(flatten, spec)).toEqual(["1 = y0.0", "x0.0 * x0.1 = y0.1"]);
});
