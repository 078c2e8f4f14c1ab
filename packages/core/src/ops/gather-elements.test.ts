import { expect, test } from "vitest";
import { linkTexts, type OpSpec } from "../testing/op-context.ts";
import { gatherElements } from "./gather-elements.ts";

test("indices address one axis, and have their own place on the others", () => {
  const spec: OpSpec = {
    type: "GatherElements",
    in: [
      [2, 9, 8],
      [2, 4, 8],
    ],
    out: [[2, 4, 8]],
    attributes: { axis: 1 },
  };
  expect(linkTexts(gatherElements, spec)).toEqual([
    "x1.0 = y0.0",
    "x0.0 = y0.0",
    "x1.1 = y0.1",
    "pin x0.1: is looked up by indices (GatherElements)",
    "x1.2 = y0.2",
    "x0.2 = y0.2",
  ]);
});

test("fewer indices than data reach its beginning", () => {
  const spec: OpSpec = {
    type: "GatherElements",
    in: [
      [9, 8],
      [4, 5],
    ],
    out: [[4, 5]],
  };
  expect(linkTexts(gatherElements, spec).slice(2)).toEqual(["x1.1 = y0.1", "x0.1[0..5] = y0.1[0..5]"]);
});
