import { expect, test } from "vitest";
import { handlerIn, linkTexts, opContext, type OpSpec } from "../testing/op-context.ts";
import { scatterElements } from "./scatter-elements.ts";

const spec: OpSpec = {
  type: "ScatterElements",
  in: [
    [9, 8],
    [4, 8],
    [4, 8],
  ],
  out: [[9, 8]],
};
const rule = handlerIn(scatterElements, spec);

test("indices address one axis, and have their own place on the others", () => {
  expect(linkTexts(rule, spec)).toEqual([
    "x0.0 = y0.0",
    "x1.0 = x2.0",
    "pin x0.0: is written to by ScatterElements",
    "pin x2.0: is written to by ScatterElements",
    "x0.1 = y0.1",
    "x1.1 = x2.1",
    "x0.1 = x2.1",
  ]);
});

test("fewer updates than data reach its beginning", () => {
  const fewer: OpSpec = {
    ...spec,
    in: [
      [9, 8],
      [4, 5],
      [4, 5],
    ],
  };
  expect(linkTexts(rule, fewer).at(-1)).toBe("x0.1[0..5] = x2.1[0..5]");
});

test("zero where data and updates are", () => {
  expect(rule.zero!([true, false, true], opContext(spec))).toBe(true);
  expect(rule.zero!([true, undefined, undefined], opContext(spec))).toBe(false);
});
