import { expect, test } from "vitest";
import { cutTexts, linkTexts, type OpSpec } from "../testing/op-context.ts";
import { gather } from "./gather.ts";

const picked: OpSpec = { type: "Gather", in: [[2, 6], { ints: [5, 0, -2] }], out: [[2, 3]], attributes: { axis: 1 } };

test("constant indices pick slices", () => {
  expect(linkTexts(gather, picked)).toEqual(["x0.0 = y0.0", "y0.1 = x0.1[5 0 4]"]);
});

test("after a cut they are renumbered", () => {
  expect(cutTexts(gather, picked, { "x0.1": [0, 1, 4], "y0.1": [1, 2] })).toEqual(["Gather(x0, [0 2], axis=1) -> y0"]);
  expect(cutTexts(gather, picked, { "x0.1": [0, 4, 5] })).toEqual(["Gather(x0, [2 0 1], axis=1) -> y0"]);
  expect(cutTexts(gather, picked, {})).toBeUndefined();
});

test("a scalar index takes its axis away, and cannot do without its slice", () => {
  const query: OpSpec = {
    type: "Gather",
    in: [[2, 7, 3, 4], { ints: [1], dims: [] }],
    out: [[2, 7, 4]],
    attributes: { axis: 2 },
  };
  expect(linkTexts(gather, query)).toEqual([
    "x0.0 = y0.0",
    "x0.1 = y0.1",
    "x0.3 = y0.2",
    "pin x0.2[1]: is picked out by a Gather",
  ]);
  expect(cutTexts(gather, query, { "x0.2": [1, 2] })).toEqual(["Gather(x0, 0, axis=2) -> y0"]);
});

test("indices computed at run time may point at any row of a table", () => {
  const embedding: OpSpec = { type: "Gather", in: [{ dims: [100, 8], weight: true }, [2, 7]], out: [[2, 7, 8]] };
  expect(linkTexts(gather, embedding)).toEqual(["x0.1 = y0.2", "lookup x0.0: by x1", "x1.0 = y0.0", "x1.1 = y0.1"]);
});

test("a table of constant indices pins what it addresses", () => {
  const bias: OpSpec = { type: "Gather", in: [[9, 4], { ints: [0, 1, 2, 3], dims: [2, 2] }], out: [[2, 2, 4]] };
  const reason = "is looked up by indices";
  expect(linkTexts(gather, bias)).toEqual([
    "x0.1 = y0.2",
    `pin x0.0: ${reason}`,
    `pin y0.0: ${reason}`,
    `pin y0.1: ${reason}`,
  ]);
});
