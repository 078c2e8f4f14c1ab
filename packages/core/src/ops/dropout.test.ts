import { expect, test } from "vitest";
import { linkTexts, type OpSpec } from "../testing/op-context.ts";
import { dropout } from "./dropout.ts";

test("the mask has the same slices as the data", () => {
  const spec: OpSpec = {
    type: "Dropout",
    in: [[2, 3], { floats: [0.5], dims: [] }],
    out: [
      [2, 3],
      [2, 3],
    ],
  };
  expect(linkTexts(dropout, spec)).toEqual(["x0.0 = y0.0", "x0.1 = y0.1", "x0.0 = y1.0", "x0.1 = y1.1"]);
});

test("the mask may be left out", () => {
  expect(linkTexts(dropout, { type: "Dropout", in: [[3]], out: [[3], undefined] })).toEqual(["x0.0 = y0.0"]);
});
