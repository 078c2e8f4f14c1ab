import { expect, test } from "vitest";
import { cutTexts, linkTexts, looseTexts, opContext, type OpSpec } from "../testing/op-context.ts";
import { conv } from "./conv.ts";

const plain: OpSpec = {
  type: "Conv",
  in: [[1, 8, 4, 4], { dims: [6, 8, 3, 3], weight: true }, { dims: [6], weight: true }],
  out: [[1, 6, 2, 2]],
};
const grouped: OpSpec = {
  type: "Conv",
  in: [[1, 8, 4], { dims: [6, 4, 3], weight: true }],
  out: [[1, 6, 2]],
  attributes: { group: 2 },
};
const macs = (spec: OpSpec): number => {
  const op = opContext(spec);
  return conv.macs!({ node: op.node, in: op.in.map((v) => v?.dims), out: op.out.map((v) => v?.dims) });
};

test("the kernel's first axis is the output's channel, its second the input's", () => {
  expect(linkTexts(conv, plain)).toEqual([
    "group:1 * x1.1 = x0.1",
    "group:1 * out:6 = x1.0",
    "x0.0 = y0.0",
    "x1.0 = y0.1",
    "x1.0 = x2.0",
    ...["x0.2", "x0.3", "y0.2", "y0.3"].map((axis) => `pin ${axis}: spatial axis of a convolution`),
    "feature x1.0",
    "feature x1.1",
  ]);
});

test("groups are blocks of both, and can be cut", () => {
  const links = linkTexts(conv, grouped);
  expect(links).toEqual(expect.arrayContaining(["group:2 * x1.1 = x0.1", "group:2 * out:3 = x1.0", "blocks group:2"]));
  expect(cutTexts(conv, grouped, { group: [1] })).toEqual(["Conv(x0, x1, group=1) -> y0"]);
  expect(cutTexts(conv, grouped, { "x1.1": [0, 1] })).toBeUndefined();
});

test("a kernel computed from the graph's inputs is no weight", () => {
  const tracker: OpSpec = {
    ...plain,
    in: [
      [1, 8, 4, 4],
      [6, 8, 3, 3],
    ],
  };
  const links = linkTexts(conv, tracker);
  expect(links).toContain("needs-zero x1.1: is summed over in a convolution of two activations");
  expect(links.filter((l) => l.startsWith("feature"))).toEqual([]);
});

test("every output element sums one kernel", () => {
  expect(macs(plain)).toBe(6 * 2 * 2 * (8 * 3 * 3));
  expect(macs(grouped)).toBe(6 * 2 * (4 * 3));
});

test("zero where kernel and bias are", () => {
  expect(conv.zero!([false, true, true], opContext(plain))).toBe(true);
  expect(conv.zero!([false, true, false], opContext(plain))).toBe(false);
  expect(conv.zero!([false, true], opContext(grouped))).toBe(true);
});

test("where its blocks fit no common factors, the same input of every block goes, and any output", () => {
  const loose = (torn: string): string[] | undefined => looseTexts(conv, grouped, torn);
  expect(loose("x0.2")).toBeUndefined();
  expect(loose("x0.1")).toEqual([
    "x0.1 = x1.1[0 1 2 3 0 1 2 3]",
    "balanced y0.1 / 2: is yielded by the 2 blocks of a convolution in equal parts",
    "x0.0 = y0.0",
    "x1.0 = y0.1",
    "pin x0.2: spatial axis of a convolution",
    "pin y0.2: spatial axis of a convolution",
    "feature x1.0",
    "feature x1.1",
  ]);
  expect(looseTexts(conv, plain, "x0.1")).toBeUndefined();
});
