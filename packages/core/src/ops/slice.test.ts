import { expect, test } from "vitest";
import { cutTexts, linkTexts, type OpSpec } from "../testing/op-context.ts";
import { slice } from "./slice.ts";

const MAX = 2 ** 63;
const operands = (starts: number[], ends: number[], axes: number[], steps?: number[]): OpSpec["in"] => [
  [2, 8],
  { ints: starts },
  { ints: ends },
  { ints: axes },
  steps && { ints: steps },
];
const middle: OpSpec = { type: "Slice", in: operands([2], [6], [1]), out: [[2, 4]] };

test("a slice is a run of its input", () => {
  expect(linkTexts(slice, middle)).toEqual(["x0.0 = y0.0", "x0.1[2..6] = y0.1[0..4]"]);
});

test.each([
  { bounds: [[-3], [MAX]], length: 3, run: "x0.1[5..8] = y0.1[0..3]" },
  { bounds: [[-100], [-5]], length: 3, run: "x0.1[0..3] = y0.1[0..3]" },
  { bounds: [[6], [100]], length: 2, run: "x0.1[6..8] = y0.1[0..2]" },
])("bounds $bounds are clamped", ({ bounds: [start, end], length, run }) => {
  const spec = { type: "Slice", in: operands(start!, end!, [-1]), out: [[2, length]] };
  expect(linkTexts(slice, spec)).toEqual(["x0.0 = y0.0", run]);
});

test("steps other than 1 pick single indices, also backwards", () => {
  const odd = { type: "Slice", in: operands([1], [MAX], [1], [3]), out: [[2, 3]] };
  expect(linkTexts(slice, odd)).toEqual(["x0.0 = y0.0", "y0.1 = x0.1[1 4 7]"]);
  const reversed = { type: "Slice", in: operands([-1], [-MAX], [1], [-1]), out: [[2, 8]] };
  expect(linkTexts(slice, reversed)).toEqual(["x0.0 = y0.0", "y0.1 = x0.1[7 6 5 4 3 2 1 0]"]);
});

test("without axes the bounds are those of the first ones", () => {
  const spec: OpSpec = { type: "Slice", in: [[2, 8], { ints: [0, 1] }, { ints: [1, 3] }], out: [[1, 2]] };
  expect(linkTexts(slice, spec)).toEqual(["x0.0[0..1] = y0.0[0..1]", "x0.1[1..3] = y0.1[0..2]"]);
});

test("before opset 10 bounds are attributes", () => {
  const attributes = { axes: [1], starts: [2], ends: [6] };
  const spec: OpSpec = { type: "Slice", in: [[2, 8]], out: [[2, 4]], attributes, opset: 9 };
  expect(linkTexts(slice, spec)).toEqual(linkTexts(slice, middle));
  expect(cutTexts(slice, spec, { "x0.1": [0, 2, 5], "y0.1": [0, 3] })).toEqual([
    "Slice(x0, axes=1, starts=1, ends=3) -> y0",
  ]);
});

test("bounds known only at run time pin the axis they cut", () => {
  const end = { dims: [1] };
  const spec: OpSpec = { type: "Slice", in: [[2, 8], { ints: [0] }, end, { ints: [1] }], out: [[2, 4]] };
  const reason = "is sliced at bounds known only at run time";
  expect(linkTexts(slice, spec)).toEqual(["x0.0 = y0.0", `pin x0.1: ${reason}`, `pin y0.1: ${reason}`]);
  expect(linkTexts(slice, { ...spec, out: [[2, 8]] })).toEqual(["x0.0 = y0.0", "x0.1 = y0.1"]);
});

test("axes known only at run time pin everything", () => {
  const spec: OpSpec = { type: "Slice", in: [[2, 8], { ints: [0] }, { ints: [4] }, { dims: [1] }], out: [[2, 4]] };
  expect(linkTexts(slice, spec).filter((link) => !link.startsWith("pin "))).toEqual([]);
});

test("a cut moves the bounds", () => {
  expect(cutTexts(slice, middle, { "x0.1": [0, 2, 4, 5, 7], "y0.1": [0, 2, 3] })).toEqual([
    "Slice(x0, [1], [4], [1], [1]) -> y0",
  ]);
  expect(cutTexts(slice, middle, {})).toBeUndefined();
});

test("what is left of a slice with steps is a Slice where it is a run, else a Gather", () => {
  const even: OpSpec = { type: "Slice", in: operands([0], [8], [1], [2]), out: [[2, 4]] };
  expect(cutTexts(slice, even, { "x0.1": [0, 2, 4, 5], "y0.1": [0, 1, 2] })).toEqual([
    "Slice(x0, [0], [3], [1], [1]) -> y0",
  ]);
  expect(cutTexts(slice, even, { "x0.1": [0, 1, 3, 6], "y0.1": [0, 3] })).toEqual(["Gather(x0, [0 3], axis=1) -> y0"]);
});

test("axes that are not cut keep their bounds, made safe to write", () => {
  const both: OpSpec = {
    type: "Slice",
    in: [[4, 8], { ints: [1, 0] }, { ints: [MAX, 8] }, { ints: [0, 1] }, { ints: [1, 2] }],
    out: [[3, 4]],
  };
  expect(cutTexts(slice, both, { "x0.1": [0, 1, 3, 6], "y0.1": [0, 3] })).toEqual([
    "Slice(x0, [1], [2147483647], [0], [1]) -> selected0",
    "Gather(selected0, [0 3], axis=1) -> y0",
  ]);
});
