import { expect, test } from "vitest";
import { linkTexts, type OpSpec } from "../testing/op-context.ts";
import { depthToSpace } from "./depth-to-space.ts";

const spec = (mode: string): OpSpec => ({
  type: "DepthToSpace",
  in: [[2, 12, 5, 6]],
  out: [[2, 3, 10, 12]],
  attributes: { blocksize: 2, mode },
});
const rest = [
  "x0.2 * row:2 = y0.2",
  "x0.3 * column:2 = y0.3",
  "pin y0.2: spatial axis of DepthToSpace",
  "pin y0.3: spatial axis of DepthToSpace",
];

test("CRD has the channel outermost", () => {
  expect(linkTexts(depthToSpace, spec("CRD"))).toEqual(["x0.0 = y0.0", "y0.1 * row:2 * column:2 = x0.1", ...rest]);
});

test("DCR, the default, has the channel innermost", () => {
  expect(linkTexts(depthToSpace, spec("DCR"))).toEqual(["x0.0 = y0.0", "row:2 * column:2 * y0.1 = x0.1", ...rest]);
  expect(linkTexts(depthToSpace, { ...spec("DCR"), attributes: { blocksize: 2 } })).toEqual(
    linkTexts(depthToSpace, spec("DCR")),
  );
});
