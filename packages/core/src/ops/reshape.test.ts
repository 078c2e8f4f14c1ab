import { describe, expect, test } from "vitest";
import { cutTexts, linkTexts, looseTexts, type OpSpec } from "../testing/op-context.ts";
import { reshape } from "./reshape.ts";

/** [batch, tokens, heads × 4] → [batch, tokens, heads, 4] */
const heads = (shape: OpSpec["in"][number]): OpSpec => ({
  type: "Reshape",
  in: [{ dims: [2, 7, 12], dynamic: [0] }, shape],
  out: [{ dims: [2, 7, 3, 4], dynamic: [0] }],
});
const kept = { "x0.2": [0, 1, 2, 3, 8, 9, 10, 11], "y0.2": [0, 2] };

test("both sides are the same product", () => {
  expect(linkTexts(reshape, heads({ ints: [-1, 7, 3, 4] }))).toEqual([
    "x0.0 * x0.1 * x0.2 = y0.0 * y0.1 * y0.2 * y0.3",
  ]);
});

test("the entry of a cut axis becomes the number of kept indices", () => {
  expect(cutTexts(reshape, heads({ ints: [-1, 7, 3, 4] }), kept)).toEqual(["Reshape(x0, [-1 7 2 4]) -> y0"]);
  expect(cutTexts(reshape, heads({ ints: [0, 7, 3, 4] }), kept)).toEqual(["Reshape(x0, [0 7 2 4]) -> y0"]);
});

test("an entry of −1 or of an axis that is not cut stays", () => {
  expect(cutTexts(reshape, heads({ ints: [0, 7, -1, 4] }), kept)).toBeUndefined();
  expect(cutTexts(reshape, heads({ ints: [0, 7, 3, 4] }), {})).toBeUndefined();
});

test("0 copies a size by position, which need not be that of the same axis", () => {
  const spec: OpSpec = { type: "Reshape", in: [[2, 6, 4], { ints: [4, 0, 2] }], out: [[4, 6, 2]] };
  expect(cutTexts(reshape, spec, { "x0.1": [0, 2, 4], "y0.0": [0, 2] })).toEqual(["Reshape(x0, [2 0 2]) -> y0"]);
  expect(cutTexts(reshape, spec, { "x0.1": [0, 3], "y0.1": [0, 3] })).toEqual(["Reshape(x0, [4 2 2]) -> y0"]);
});

test("in a shape computed at run time the entry of a cut axis is replaced", () => {
  expect(cutTexts(reshape, heads({ dims: [4] }), kept)).toEqual([
    "Mul(x1, [1 1 0 1]) -> shape0",
    "Add(shape0, [0 0 2 0]) -> shape1",
    "Reshape(x0, shape1) -> y0",
  ]);
});

test("the entry of a cut axis whose size varies is scaled, unless it is −1", () => {
  const spec: OpSpec = {
    type: "Reshape",
    in: [{ dims: [2, 3, 7, 4], dynamic: [0] }, { dims: [3] }],
    out: [{ dims: [6, 7, 4], dynamic: [0] }],
  };
  expect(cutTexts(reshape, spec, { "x0.1": [0, 2], "y0.0": [0, 2, 3, 5] })).toEqual([
    "Mul(x1, [4 1 1]) -> shape0",
    "Div(shape0, [6 1 1]) -> shape1",
    "Less(x1, 0) -> shape2",
    "Where(shape2, x1, shape1) -> shape3",
    "Reshape(x0, shape3) -> y0",
  ]);
});

describe("where an axis is torn, whole blocks alone", () => {
  test("channels in blocks that are normalised together", () => {
    const spec: OpSpec = { type: "Reshape", in: [[1, 6, 4, 4], { ints: [0, 3, -1] }], out: [[1, 3, 32]] };
    const rest = "is reshaped together with blocks of another axis";
    expect(looseTexts(reshape, spec, "x0.1")).toEqual([
      ...["x0.2", "x0.3", "y0.2"].map((axis) => `pin ${axis}: ${rest}`),
      "x0.1 = y0.1[0 0 1 1 2 2]",
    ]);
    expect(looseTexts(reshape, spec, "x1.0")).toBeUndefined();
  });

  test("and nothing else where no axis is blocks of the other", () => {
    const spec: OpSpec = { type: "Reshape", in: [[6, 4], { ints: [8, 3] }], out: [[8, 3]] };
    const links = looseTexts(reshape, spec, "x0.0");
    expect(links).toEqual(["x0.0 * x0.1 = y0.0 * y0.1"]);
  });
});
