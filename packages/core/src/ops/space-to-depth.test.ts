import { expect, test } from "vitest";
import { linkTexts } from "../testing/op-context.ts";
import { spaceToDepth } from "./space-to-depth.ts";

test("pixels of a block become channels, the old channel innermost", () => {
  const spec = { type: "SpaceToDepth", in: [[2, 3, 10, 12]], out: [[2, 12, 5, 6]], attributes: { blocksize: 2 } };
  expect(linkTexts(spaceToDepth, spec)).toEqual([
    "x0.0 = y0.0",
    "row:2 * column:2 * x0.1 = y0.1",
    "y0.2 * row:2 = x0.2",
    "y0.3 * column:2 = x0.3",
    "pin x0.2: spatial axis of SpaceToDepth",
    "pin x0.3: spatial axis of SpaceToDepth",
  ]);
});
