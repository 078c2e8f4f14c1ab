import { expect, test } from "vitest";
import { cutTexts, linkTexts, looseTexts, opContext, type OpSpec } from "../testing/op-context.ts";
import { groupNormalization18, groupNormalization21 } from "./group-normalization.ts";

const spec = (groups: number, parameters: number): OpSpec => ({
  type: "GroupNormalization",
  in: [[2, 8, 7], { dims: [parameters], weight: true }, { dims: [parameters], weight: true }],
  out: [[2, 8, 7]],
  attributes: { num_groups: groups },
  opset: 21,
});

test("channels are blocks; a block is mixed, and so are spatial axes", () => {
  expect(linkTexts(groupNormalization21, spec(4, 8))).toEqual([
    "x0.0 = y0.0",
    "x0.1 = y0.1",
    "x0.2 = y0.2",
    "x1.0 = x0.1",
    "x2.0 = x0.1",
    "inexact x0.2: is normalised over by GroupNormalization",
    "group:4 * inner:2 = x0.1",
    "blocks group:4",
    "inexact inner:2: is normalised over by GroupNormalization",
  ]);
});

test("in opset 18 a block has one scale and one bias", () => {
  expect(linkTexts(groupNormalization18, spec(4, 4))).toEqual(
    expect.arrayContaining(["x1.0 = group:4", "x2.0 = group:4"]),
  );
});

test("one block is a mix of all channels, one per channel mixes none", () => {
  expect(linkTexts(groupNormalization21, spec(1, 8))).not.toContain("blocks group:1");
  expect(linkTexts(groupNormalization21, spec(1, 8))).toContain(
    "inexact inner:8: is normalised over by GroupNormalization",
  );
  expect(linkTexts(groupNormalization21, spec(8, 8)).filter((l) => l.startsWith("inexact inner"))).toEqual([]);
});

test("fewer blocks after a cut of whole ones, as many after a cut of channels in each", () => {
  const cut = cutTexts(groupNormalization21, spec(4, 8), { group: [0, 2, 3] });
  expect(cut).toEqual(["GroupNormalization(x0, x1, x2, num_groups=3) -> y0"]);
  expect(cutTexts(groupNormalization21, spec(4, 8), { "x0.1": [0, 2, 4, 6] })).toBeUndefined();
});

test("zero where scale and bias are", () => {
  expect(groupNormalization18.zero!([true, true, true], opContext(spec(4, 4)))).toBe(true);
  expect(groupNormalization18.zero!([true, true, false], opContext(spec(4, 4)))).toBe(false);
  expect(groupNormalization18.zero!([true, undefined, undefined], opContext(spec(4, 4)))).toBe(false);
});

test("where the blocks fit no common factors, whole blocks alone", () => {
  const links = looseTexts(groupNormalization21, spec(4, 8), "x0.1");
  expect(links).toContain("x0.1 = group:4[0 0 1 1 2 2 3 3]");
  expect(looseTexts(groupNormalization21, spec(4, 8), "x0.2")).toBeUndefined();
});
