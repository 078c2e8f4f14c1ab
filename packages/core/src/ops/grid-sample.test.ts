import { expect, test } from "vitest";
import { linkTexts, opContext, type OpSpec } from "../testing/op-context.ts";
import { gridSample } from "./grid-sample.ts";

const spec: OpSpec = { type: "GridSample", in: [[1, 8, 4, 4], [1, 5, 6, 2]], out: [[1, 8, 5, 6]], opset: 16 }; // prettier-ignore

test("channels are kept apart; places are read as they come", () => {
  expect(linkTexts(gridSample, spec)).toEqual([
    "x0.0 = y0.0",
    "x0.1 = y0.1",
    "x1.0 = y0.0",
    "x1.1 = y0.2",
    "x1.2 = y0.3",
    "pin x0.2: is read at places known only at run time",
    "pin x0.3: is read at places known only at run time",
    "pin y0.2: spatial axis of GridSample",
    "pin y0.3: spatial axis of GridSample",
    "pin x1.3: coordinates of GridSample",
  ]);
});

test("zero where the image is", () => {
  expect(gridSample.zero!([true, undefined], opContext(spec))).toBe(true);
  expect(gridSample.zero!([false, undefined], opContext(spec))).toBe(false);
});
