import { expect, test } from "vitest";
import { linkTexts, opContext, type OpSpec } from "../testing/op-context.ts";
import { qLinearConcat } from "./q-linear-concat.ts";

const spec: OpSpec = {
  type: "QLinearConcat",
  domain: "com.microsoft",
  in: [[], [], [1, 3, 2], [], [], [1, 5, 2], [], []],
  out: [[1, 8, 2]],
  attributes: { axis: 1 },
};

test("values stand behind each other; scales and zero points between them have no part in it", () => {
  expect(linkTexts(qLinearConcat, spec)).toEqual([
    "x2.0 = y0.0",
    "x2.1[0..3] = y0.1[0..3]",
    "x2.2 = y0.2",
    "x5.0 = y0.0",
    "x5.1[0..5] = y0.1[3..8]",
    "x5.2 = y0.2",
  ]);
});

test("zero where all values are", () => {
  const [u, op] = [undefined, opContext(spec)];
  expect(qLinearConcat.zero!([u, u, true, u, u, true, u, u], op)).toBe(true);
  expect(qLinearConcat.zero!([u, u, true, u, u, false, u, u], op)).toBe(false);
});
