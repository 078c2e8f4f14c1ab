import { expect, test } from "vitest";
import { linkTexts, opContext, type OpSpec } from "../testing/op-context.ts";
import { reductions } from "./reduce.ts";

const handler = (type: string): (typeof reductions)[number] => reductions.find((h) => h.type === type)!;
const links = (spec: OpSpec): string[] => linkTexts(handler(spec.type), spec);

test("a mean over spatial axes, given as an attribute", () => {
  expect(
    links({ type: "ReduceMean", in: [[2, 8, 5, 5]], out: [[2, 8, 1, 1]], attributes: { axes: [-1, -2] } }),
  ).toEqual([
    "x0.0 = y0.0",
    "x0.1 = y0.1",
    "inexact x0.2: is mixed by ReduceMean",
    "inexact x0.3: is mixed by ReduceMean",
  ]);
});

test("without keepdims the axes that stay close up", () => {
  const spec: OpSpec = {
    type: "ReduceSum",
    in: [[2, 8, 5], { ints: [1] }],
    out: [[2, 5]],
    attributes: { keepdims: 0 },
  };
  expect(links(spec)).toEqual(["x0.0 = y0.0", "needs-zero x0.1: is summed over by ReduceSum", "x0.2 = y0.1"]);
});

test("no axes, or an empty list, means all of them or none", () => {
  const all = ["inexact x0.0: is mixed by ReduceMax", "inexact x0.1: is mixed by ReduceMax"];
  expect(links({ type: "ReduceMax", in: [[2, 3]], out: [[1, 1]] })).toEqual(all);
  expect(links({ type: "ReduceMax", in: [[2, 3], { ints: [] }], out: [[1, 1]], opset: 18 })).toEqual(all);
  const attributes = { noop_with_empty_axes: 1 };
  expect(links({ type: "ReduceMax", in: [[2, 3]], out: [[2, 3]], attributes, opset: 18 })).toEqual([
    "x0.0 = y0.0",
    "x0.1 = y0.1",
  ]);
});

test("axes computed at run time pin everything", () => {
  const reason = "is reduced by ReduceSum over axes that are computed at run time";
  const found = links({ type: "ReduceSum", in: [[2, 3], { dims: [1] }], out: [[2, 1]] });
  expect(found).toEqual(["x0.0", "x0.1", "x1.0", "y0.0", "y0.1"].map((axis) => `pin ${axis}: ${reason}`));
});

test("a norm of weights is a sum, a norm of activations a mix", () => {
  const spec: OpSpec = {
    type: "ReduceL2",
    in: [{ dims: [4, 3], weight: true }],
    out: [[4, 1]],
    attributes: { axes: [1] },
  };
  expect(links(spec)).toEqual(["x0.0 = y0.0", "needs-zero x0.1: is summed over by ReduceL2"]);
  expect(links({ ...spec, in: [[4, 3]] })).toEqual(["x0.0 = y0.0", "inexact x0.1: is mixed by ReduceL2"]);
});

test("zeros stay zero along the axes that are left, except under a logarithm", () => {
  const zeros = reductions.filter((h) => h.zero!([true], opContext({ type: h.type, in: [[2]], out: [[1]] })));
  expect(zeros.map((h) => h.type)).toEqual(
    ["Sum", "L1", "SumSquare", "L2", "Mean", "Max", "Min", "Prod"].map((name) => `Reduce${name}`),
  );
  expect(links({ type: "ReduceLogSum", in: [[2, 3]], out: [[2, 1]], attributes: { axes: [1] } })).toContain(
    "needs-nonzero x0.0: goes through ReduceLogSum, infinite at zero",
  );
});
