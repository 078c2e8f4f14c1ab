import { expect, test } from "vitest";
import { linkTexts } from "../testing/op-context.ts";
import { range } from "./range.ts";

test("positions are counted, none may go", () => {
  expect(linkTexts(range, { type: "Range", in: [[], [], []], out: [[5]] })).toEqual(["pin y0.0: is counted by Range"]);
});
