import { expect, test } from "vitest";
import { cutTexts, linkTexts, opContext, type OpSpec } from "../testing/op-context.ts";
import type { OpHandler } from "./define-op.ts";
import { groupQueryAttention, microsoftAttention, multiHeadAttention } from "./multi-head-attention.ts";

const domain = "com.microsoft";

/** 3 heads of 4 features; the projections are inside. */
const inside: OpSpec = {
  type: "Attention",
  domain,
  in: [[1, 5, 8], { dims: [8, 36], weight: true }, { dims: [36], weight: true }],
  out: [[1, 5, 12]],
  attributes: { num_heads: 3 },
};
const projected: OpSpec = {
  type: "MultiHeadAttention",
  domain,
  in: [[1, 5, 12], [1, 7, 12], [1, 7, 12], { dims: [36], weight: true }],
  out: [[1, 5, 12]],
  attributes: { num_heads: 3 },
};
/** 4 heads of queries share 2 of keys and values. */
const grouped: OpSpec = {
  type: "GroupQueryAttention",
  domain,
  in: [
    [1, 5, 16],
    [1, 5, 8],
    [1, 5, 8],
  ],
  out: [
    [1, 5, 16],
    [1, 2, 5, 4],
    [1, 2, 5, 4],
  ],
  attributes: { num_heads: 4, kv_num_heads: 2 },
};

test("Attention: columns of the weight are queries, keys and values × heads × features", () => {
  expect(linkTexts(microsoftAttention, inside)).toEqual(
    expect.arrayContaining([
      "x0.2 = x1.0",
      "three:3 * heads:3 * features:4 = x1.1",
      "heads:3 * features:4 = y0.2",
      "x2.0 = x1.1",
    ]),
  );
  expect(cutTexts(microsoftAttention, inside, { heads: [0, 2] })).toEqual(["Attention(x0, x1, x2, num_heads=2) -> y0"]);
});

test("Attention: with fewer features in a head, the scale stays that of all", () => {
  expect(cutTexts(microsoftAttention, inside, { features: [0, 1] })).toEqual([
    "Attention(x0, x1, x2, num_heads=3, scale=0.5) -> y0",
  ]);
});

test("MultiHeadAttention: one bias for queries, keys and values; sequences stay", () => {
  const links = linkTexts(multiHeadAttention, projected);
  expect(links).toContain("three:3 * heads:3 * features:4 = x3.0");
  expect(links).toContain("needs-zero x0.2 or x1.2: is summed over by MultiHeadAttention");
  expect(links).toContain("pin x1.1: is a sequence of MultiHeadAttention");
  expect(cutTexts(multiHeadAttention, projected, { heads: [1] })).toEqual([
    "MultiHeadAttention(x0, x1, x2, x3, num_heads=1) -> y0",
  ]);
});

test("MultiHeadAttention: scores and their mix are products", () => {
  const op = opContext(projected);
  const macs = multiHeadAttention.macs!({ node: op.node, in: op.in.map((v) => v?.dims), out: op.out.map((v) => v?.dims) }); // prettier-ignore
  expect(macs).toBe(3 * 5 * 7 * (4 + 4));
});

test("GroupQueryAttention: whole heads of keys, or as many queries of each; features of a head stay", () => {
  const links = linkTexts(groupQueryAttention, grouped);
  expect(links).toContain("heads:2 * repeats:2 * features:4 = x0.2");
  expect(links).toContain("heads:2 = y1.1");
  expect(links).toContain("pin features:4: counts the features of a head of GroupQueryAttention");
  expect(cutTexts(groupQueryAttention, grouped, { heads: [1], repeats: [0] })).toEqual([
    "GroupQueryAttention(x0, x1, x2, num_heads=1, kv_num_heads=1) -> y0, y1, y2",
  ]);
});

test("keys and values are appended to those of earlier steps, where there are some", () => {
  const texts = (handler: OpHandler, spec: OpSpec): string[] =>
    handler.appends!(opContext(spec)).map(({ to, by, output, along }) => `x${to} by x${by.join()}: y${output}, ${along.value}.${along.axis}`); // prettier-ignore
  const past = [1, 2, 3, 4];
  const after = { ...grouped, in: [...grouped.in, past, past] };
  expect(texts(groupQueryAttention, after)).toEqual(["x3 by x1: y1, y1.2", "x4 by x2: y2, y2.2"]);
  expect(texts(groupQueryAttention, grouped)).toEqual([]);
  const own = [1, 3, 2, 4];
  const all = [1, 3, 9, 4];
  const several = {
    ...projected,
    in: [...projected.in, undefined, undefined, own, own],
    out: [...projected.out, all, all],
  };
  expect(texts(multiHeadAttention, several)).toEqual(["x6 by x1: y1, y1.2", "x7 by x2: y2, y2.2"]);
  const both = { ...inside, in: [...inside.in, undefined, [2, ...own]], out: [...inside.out, [2, ...all]] };
  expect(texts(microsoftAttention, both)).toEqual(["x4 by x0: y1, y1.3"]);
});

test("packed forms stay whole", () => {
  const packed: OpSpec = { ...grouped, in: [[1, 5, 32], undefined, undefined] };
  expect(linkTexts(groupQueryAttention, packed).every((link) => link.startsWith("pin "))).toBe(true);
});
