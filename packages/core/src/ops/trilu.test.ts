import { expect, test } from "vitest";
import { linkTexts } from "../testing/op-context.ts";
import { trilu } from "./trilu.ts";

test("the axes of the triangle keep their positions", () => {
  expect(linkTexts(trilu, { type: "Trilu", in: [[3, 5, 5], { ints: [1], dims: [] }], out: [[3, 5, 5]] })).toEqual([
    "x0.2 = y0.2",
    "x0.1 = y0.1",
    "x0.0 = y0.0",
    "pin x0.1: is an axis of a triangle (Trilu)",
    "pin x0.2: is an axis of a triangle (Trilu)",
  ]);
});
