import { expect, test } from "vitest";
import { cutTexts, linkTexts, opContext, type OpSpec } from "../testing/op-context.ts";
import { attention } from "./attention.ts";

/** 6 heads of queries share 3 of keys (of 4 features) and values (of 5). */
const split: OpSpec = {
  type: "Attention",
  in: [
    [1, 6, 7, 4],
    [1, 3, 9, 4],
    [1, 3, 9, 5],
  ],
  out: [[1, 6, 7, 5]],
  opset: 23,
};
const joined: OpSpec = {
  ...split,
  in: [
    [1, 7, 24],
    [1, 9, 12],
    [1, 9, 15],
  ],
  out: [[1, 7, 30]],
  attributes: { q_num_heads: 6, kv_num_heads: 3 },
};

test("heads of queries are heads of keys and values, repeated", () => {
  const links = linkTexts(attention, split);
  expect(links).toEqual(
    expect.arrayContaining([
      "heads:3 * repeats:2 = x0.1",
      "features:4 = x0.3",
      "heads:3 = x1.1",
      "features:4 = x1.3",
      "values:5 = x2.3",
      "heads:3 * repeats:2 = y0.1",
      "values:5 = y0.3",
      "needs-zero x0.3 or x1.3: is summed over by Attention",
      "pin x1.2: is a sequence of Attention",
    ]),
  );
  expect(linkTexts(attention, joined)).toContain("heads:3 * repeats:2 * values:5 = y0.2");
});

test("the scale is that of the features before a cut, and heads are counted where an axis does not tell", () => {
  expect(cutTexts(attention, split, { features: [0, 1] })).toEqual(["Attention(x0, x1, x2, scale=0.5) -> y0"]);
  expect(cutTexts(attention, split, { heads: [0, 1] })).toEqual(["Attention(x0, x1, x2) -> y0"]);
  expect(cutTexts(attention, joined, { heads: [0, 1] })).toEqual([
    "Attention(x0, x1, x2, q_num_heads=4, kv_num_heads=2) -> y0",
  ]);
});

test("scores and their mix are products", () => {
  const op = opContext(split);
  const macs = attention.macs!({ node: op.node, in: op.in.map((v) => v?.dims), out: op.out.map((v) => v?.dims) });
  expect(macs).toBe(6 * 7 * 9 * (4 + 5));
});

test("zero where the values are, or the keys in what is kept of them", () => {
  const zero = (...inputs: (boolean | undefined)[]): boolean => attention.zero!(inputs, opContext(split));
  expect(zero(undefined, undefined, true)).toBe(true);
  expect(zero(true, true, undefined)).toBe(true);
  expect(zero(true, true, false)).toBe(false);
  expect(zero(true, undefined, undefined)).toBe(false);
});
