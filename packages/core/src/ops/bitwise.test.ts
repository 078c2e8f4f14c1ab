import { expect, test } from "vitest";
import { linkTexts, opContext, type OpSpec } from "../testing/op-context.ts";
import { bitShift, conjunctions, disjunctions } from "./bitwise.ts";

const spec: OpSpec = { type: "And", in: [[2, 3], [3]], out: [[2, 3]] };

test("operands share their axes with the output", () => {
  for (const handler of [...conjunctions, ...disjunctions, bitShift]) {
    expect(linkTexts(handler, spec)).toEqual(["x0.1 = y0.1", "x0.0 = y0.0", "x1.0 = y0.1"]);
  }
});

test("And needs one false operand, Or and Xor need two, a shift needs a zero to shift", () => {
  const op = opContext(spec);
  for (const and of conjunctions)
    expect([and.zero!([true, false], op), and.zero!([false, false], op)]).toEqual([true, false]);
  for (const or of disjunctions)
    expect([or.zero!([true, true], op), or.zero!([true, false], op)]).toEqual([true, false]);
  expect([bitShift.zero!([true, undefined], op), bitShift.zero!([false, true], op)]).toEqual([true, false]);
});
