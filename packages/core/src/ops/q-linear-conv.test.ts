import { expect, test } from "vitest";
import { linkTexts, opContext, type OpSpec } from "../testing/op-context.ts";
import { convInteger, qLinearConv } from "./q-linear-conv.ts";

const vector = { dims: [6], weight: true };
const spec: OpSpec = {
  type: "QLinearConv",
  in: [[1, 3, 4, 4], [], [], { dims: [6, 3, 3, 3], weight: true }, vector, vector, [], [], vector],
  out: [[1, 6, 2, 2]],
};

test("the links of a convolution; scales and zero points of filters go with them", () => {
  const links = linkTexts(qLinearConv, spec);
  expect(links).toEqual(expect.arrayContaining(["x3.0 = y0.1", "x3.0 = x8.0", "x4.0 = x3.0", "x5.0 = x3.0"]));
});

test("one scale for all filters has no axis to go with", () => {
  const links = linkTexts(qLinearConv, { ...spec, in: spec.in.map((x, i) => (i === 4 || i === 5 ? [] : x)) });
  expect(links.some((link) => /x[45]/.test(link))).toBe(false);
});

test("zero where filter and bias are", () => {
  const zero = (w: boolean, b: boolean): boolean =>
    qLinearConv.zero!(spec.in.map((_, i) => (i === 3 ? w : i === 8 ? b : undefined)), opContext(spec)); // prettier-ignore
  expect([zero(true, true), zero(true, false), zero(false, true)]).toEqual([true, false, false]);
});

test("ConvInteger has its filter second", () => {
  const links = linkTexts(convInteger, { type: "ConvInteger", in: [[1, 3, 4, 4], { dims: [6, 3, 3, 3], weight: true }, [], vector], out: [[1, 6, 2, 2]] }); // prettier-ignore
  expect(links).toEqual(expect.arrayContaining(["x1.0 = y0.1", "x3.0 = x1.0"]));
});
