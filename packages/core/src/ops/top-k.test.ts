import { expect, test } from "vitest";
import { linkTexts, type OpSpec } from "../testing/op-context.ts";
import { topK } from "./top-k.ts";

test("values and indices share all axes but the one that is ranked", () => {
  const spec: OpSpec = {
    type: "TopK",
    in: [[2, 9], { ints: [3] }],
    out: [
      [2, 3],
      [2, 3],
    ],
  };
  const reason = "is ranked by TopK";
  expect(linkTexts(topK, spec)).toEqual([
    `pin x0.1: ${reason}`,
    "x0.0 = y0.0",
    `pin y0.1: ${reason}`,
    "x0.0 = y1.0",
    `pin y1.1: ${reason}`,
  ]);
});

test("an output may be left out", () => {
  const spec: OpSpec = { type: "TopK", in: [[9, 2], { ints: [3] }], out: [undefined, [3, 2]], attributes: { axis: 0 } };
  expect(linkTexts(topK, spec)).toEqual(["pin x0.0: is ranked by TopK", "pin y1.0: is ranked by TopK", "x0.1 = y1.1"]);
});
