import { expect, test } from "vitest";
import { linkTexts, opContext, type OpSpec } from "../testing/op-context.ts";
import { max, min } from "./max-min.ts";

const withScalar = (type: string, value: number): OpSpec => ({
  type,
  in: [[2, 3], { floats: [value], dims: [] }],
  out: [[2, 3]],
});

test("operands share their axes with the output", () => {
  expect(linkTexts(max, { type: "Max", in: [[2, 3], [3]], out: [[2, 3]] })).toEqual([
    "x0.1 = y0.1",
    "x0.0 = y0.0",
    "x1.0 = y0.1",
  ]);
});

test("zeros stay where the other operands do not pass them", () => {
  expect(max.zero!([true, undefined], opContext(withScalar("Max", 0)))).toBe(true);
  expect(max.zero!([true, undefined], opContext(withScalar("Max", 0.5)))).toBe(false);
  expect(min.zero!([true, undefined], opContext(withScalar("Min", 6)))).toBe(true);
  expect(min.zero!([true, undefined], opContext(withScalar("Min", -1)))).toBe(false);
  expect(max.zero!([true, true], opContext(withScalar("Max", 0)))).toBe(true);
  expect(max.zero!([true, false], opContext(withScalar("Max", 0)))).toBe(false);
  expect(max.zero!([undefined, undefined], opContext(withScalar("Max", 0)))).toBe(false);
});
