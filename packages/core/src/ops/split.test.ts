import { expect, test } from "vitest";
import { cutTexts, linkTexts, type OpSpec } from "../testing/op-context.ts";
import { split } from "./split.ts";

const thirds: OpSpec = {
  type: "Split",
  in: [[2, 6]],
  out: [
    [2, 2],
    [2, 2],
    [2, 2],
  ],
  attributes: { axis: 1 },
};
const kept = { "x0.1": [0, 2, 3, 5], "y0.1": [0], "y1.1": [0, 1], "y2.1": [1] };

test("every output is a run of the input", () => {
  expect(linkTexts(split, thirds)).toEqual([
    "x0.0 = y0.0",
    "x0.1[0..2] = y0.1[0..2]",
    "x0.0 = y1.0",
    "x0.1[2..4] = y1.1[0..2]",
    "x0.0 = y2.0",
    "x0.1[4..6] = y2.1[0..2]",
  ]);
});

test("after a cut unequal sizes are spelled out", () => {
  expect(cutTexts(split, thirds, kept)).toEqual(["Split(x0, [1 2 1], axis=1) -> y0, y1, y2"]);
  expect(cutTexts(split, { ...thirds, opset: 11 }, kept)).toEqual(["Split(x0, axis=1, split=1,2,1) -> y0, y1, y2"]);
  expect(cutTexts(split, thirds, {})).toBeUndefined();
});

test("num_outputs gives way to sizes", () => {
  const spec = { ...thirds, attributes: { axis: 1, num_outputs: 3 }, opset: 18 };
  expect(cutTexts(split, spec, kept)).toEqual(["Split(x0, [1 2 1], axis=1) -> y0, y1, y2"]);
});

test("an output that is left out still takes its share", () => {
  const spec: OpSpec = {
    type: "Split",
    in: [[7], { ints: [1, 4, 2] }],
    out: [[1], undefined, [2]],
  };
  expect(linkTexts(split, spec)).toEqual(["x0.0[0..1] = y0.0[0..1]", "x0.0[5..7] = y2.0[0..2]"]);
  expect(cutTexts(split, spec, { "x0.0": [0, 2, 4, 6], "y2.0": [1] })).toEqual(["Split(x0, [1 2 1]) -> y0, , y2"]);
});
