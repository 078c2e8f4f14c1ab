import { expect, test } from "vitest";
import { linkTexts } from "../testing/op-context.ts";
import { squeezes } from "./squeeze.ts";

const [squeeze, unsqueeze] = squeezes;

test("axes that stay are the same", () => {
  const spec = { type: "Squeeze", in: [[2, 1, 3, 1], { ints: [1, 3] }], out: [[2, 3]] };
  expect(linkTexts(squeeze!, spec)).toEqual(["x0.0 = y0.0", "x0.2 = y0.1"]);
});

test("axes given as an attribute, or not at all, make no difference", () => {
  const spec = { type: "Squeeze", in: [[1, 2, 1]], out: [[2]], opset: 11 };
  expect(linkTexts(squeeze!, spec)).toEqual(["x0.1 = y0.0"]);
  expect(linkTexts(squeeze!, { ...spec, attributes: { axes: [0, 2] } })).toEqual(["x0.1 = y0.0"]);
});

test("new axes have size 1 and no slices", () => {
  const spec = { type: "Unsqueeze", in: [[2, 3], { ints: [0, -1] }], out: [[1, 2, 3, 1]] };
  expect(linkTexts(unsqueeze!, spec)).toEqual(["x0.0 = y0.1", "x0.1 = y0.2"]);
});
