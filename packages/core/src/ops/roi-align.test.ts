import { expect, test } from "vitest";
import { handlerIn, linkTexts, opContext, type OpSpec } from "../testing/op-context.ts";
import { regionPools } from "./roi-align.ts";

const align: OpSpec = { type: "RoiAlign", in: [[1, 8, 4, 4], [5, 4], [5]], out: [[5, 8, 2, 2]], opset: 16 };
const pool: OpSpec = {
  type: "MaxRoiPool",
  in: [
    [1, 8, 4, 4],
    [5, 5],
  ],
  out: [[5, 8, 2, 2]],
};

test("channels are kept apart; regions are their own", () => {
  const links = linkTexts(handlerIn(regionPools, align), align);
  expect(links.filter((l) => l.includes("="))).toEqual(["x0.1 = y0.1", "x1.0 = y0.0", "x2.0 = y0.0"]);
  expect(links).toContain("pin x1.0: regions of RoiAlign");
  expect(linkTexts(handlerIn(regionPools, pool), pool)).toContain("pin x1.1: coordinates of MaxRoiPool");
});

test("zero where the image is", () => {
  expect(regionPools[0]!.zero!([true, false, false], opContext(align))).toBe(true);
  expect(regionPools[0]!.zero!([false, undefined, undefined], opContext(align))).toBe(false);
});
