import { expect, test } from "vitest";
import { linkTexts, opContext, type OpSpec } from "../testing/op-context.ts";
import { pow } from "./pow.ts";

const to = (exponent: number): OpSpec => ({
  type: "Pow",
  in: [[2, 3], { floats: [exponent], dims: [] }],
  out: [[2, 3]],
});
const unknown: OpSpec = { type: "Pow", in: [[2, 3], []], out: [[2, 3]] };

test("zero stays zero under a positive exponent", () => {
  expect(linkTexts(pow, to(2))).toEqual(["x0.1 = y0.1", "x0.0 = y0.0"]);
  expect(pow.zero!([true, undefined], opContext(to(2)))).toBe(true);
  expect(pow.zero!([true, undefined], opContext(to(0)))).toBe(false);
  expect(pow.zero!([false, undefined], opContext(to(2)))).toBe(false);
});

test("an exponent that is or may be negative forbids zeros", () => {
  for (const spec of [to(-0.5), unknown]) {
    expect(linkTexts(pow, spec)).toContain("needs-nonzero x0.1: is raised to a power that may be negative");
    expect(pow.zero!([true, undefined], opContext(spec))).toBe(false);
  }
});

test("an exponent per slice, zeroed too, would make 0⁰ = 1 of zeros", () => {
  expect(pow.zero!([true, true], opContext({ ...to(2), in: [[2, 3], { floats: [2, 2, 2] }] }))).toBe(false);
});
