import { expect, test } from "vitest";
import { cutTexts, linkTexts, opContext, type OpSpec } from "../testing/op-context.ts";
import { rotaryEmbedding } from "./rotary-embedding.ts";

const split: OpSpec = {
  type: "RotaryEmbedding",
  in: [
    [1, 2, 5, 6],
    [5, 3],
    [5, 3],
  ],
  out: [[1, 2, 5, 6]],
  opset: 23,
};
const joined: OpSpec = {
  ...split,
  in: [
    [1, 5, 16],
    [5, 2],
    [5, 2],
  ],
  out: [[1, 5, 16]],
  attributes: { num_heads: 2, rotary_embedding_dim: 4, interleaved: 1 },
};

test("feature j of a head pairs with j + R/2", () => {
  expect(linkTexts(rotaryEmbedding, split)).toEqual([
    "x0.0 = y0.0",
    "x0.1 = y0.1",
    "x0.2 = y0.2",
    "x0.3 = y0.3",
    "x1.1 = x2.1",
    "x0.3 = x1.1[0 1 2 0 1 2]",
  ]);
  expect(cutTexts(rotaryEmbedding, split, { "x1.1": [0, 2] })).toEqual(["RotaryEmbedding(x0, x1, x2) -> y0"]);
});

test("or 2j with 2j + 1, in heads that share an axis, where the rest passes through", () => {
  const links = linkTexts(rotaryEmbedding, joined);
  expect(links).toContain("heads:2 * features:8 = x0.2");
  expect(links).toContain("features:8 = x1.1[0 0 1 1 -1 -1 -1 -1]");
  expect(cutTexts(rotaryEmbedding, joined, { "x1.1": [1], heads: [0] })).toEqual([
    "RotaryEmbedding(x0, x1, x2, num_heads=1, rotary_embedding_dim=2, interleaved=1) -> y0",
  ]);
});

test("turning zeros gives zeros", () => {
  expect(rotaryEmbedding.zero!([true, undefined, undefined], opContext(split))).toBe(true);
  expect(rotaryEmbedding.zero!([false, true, true], opContext(split))).toBe(false);
});
