import { expect, test } from "vitest";
import { cutTexts, linkTexts, type OpSpec } from "../testing/op-context.ts";
import { expand } from "./expand.ts";

/** Keys shared by the 3 query heads of a group: [batch, groups, 1, 5] → [batch, groups, 3, 5]. */
const repeated = (shape: OpSpec["in"][number]): OpSpec => ({
  type: "Expand",
  in: [{ dims: [2, 4, 1, 5], dynamic: [0] }, shape],
  out: [{ dims: [2, 4, 3, 5], dynamic: [0] }],
});

test("a stretched axis has no slices of its own", () => {
  expect(linkTexts(expand, repeated({ ints: [1, 4, 3, 5] }))).toEqual(["x0.3 = y0.3", "x0.1 = y0.1", "x0.0 = y0.0"]);
});

test("shapes are aligned at the last axis, and either may be the shorter one", () => {
  expect(linkTexts(expand, { type: "Expand", in: [[4], { ints: [3, 1] }], out: [[3, 4]] })).toEqual(["x0.0 = y0.1"]);
  const short: OpSpec = { type: "Expand", in: [[3, 4, 1], { ints: [4, 6] }], out: [[3, 4, 6]] };
  expect(cutTexts(expand, short, { "y0.2": [0, 5] })).toEqual(["Expand(x0, [4 2]) -> y0"]);
});

test("a cut stretches less, and leaves 1 for the input's own size", () => {
  expect(cutTexts(expand, repeated({ ints: [1, 1, 3, 5] }), { "y0.2": [0, 2] })).toEqual([
    "Expand(x0, [1 1 2 5]) -> y0",
  ]);
  expect(cutTexts(expand, repeated({ ints: [1, 1, 3, 5] }), { "x0.1": [0], "y0.1": [0] })).toBeUndefined();
  expect(cutTexts(expand, repeated({ ints: [1, 4, 3, 5] }), { "x0.1": [0], "y0.1": [0] })).toEqual([
    "Expand(x0, [1 1 3 5]) -> y0",
  ]);
});

test("a shape computed at run time is rewritten there", () => {
  const kept = { "x0.1": [0, 1], "y0.1": [0, 1], "y0.2": [0, 2] };
  expect(cutTexts(expand, repeated({ dims: [4] }), kept)).toEqual([
    "Mul(x1, [1 0 0 1]) -> shape0",
    "Add(shape0, [0 1 2 0]) -> shape1",
    "Expand(x0, shape1) -> y0",
  ]);
});
