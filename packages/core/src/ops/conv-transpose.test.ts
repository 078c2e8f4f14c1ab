import { expect, test } from "vitest";
import { cutTexts, linkTexts, looseTexts, opContext, type OpSpec } from "../testing/op-context.ts";
import { convTranspose } from "./conv-transpose.ts";

const up: OpSpec = {
  type: "ConvTranspose",
  in: [[1, 8, 4], { dims: [8, 6, 2], weight: true }, { dims: [6], weight: true }],
  out: [[1, 6, 8]],
};
const grouped: OpSpec = {
  type: "ConvTranspose",
  in: [[1, 8, 4], { dims: [8, 3, 2], weight: true }],
  out: [[1, 6, 8]],
  attributes: { group: 2 },
};

test("the kernel's first axis is the input's channel, its second the output's", () => {
  expect(linkTexts(convTranspose, up)).toEqual([
    "group:1 * in:8 = x1.0",
    "x1.0 = x0.1",
    "group:1 * x1.1 = y0.1",
    "x0.0 = y0.0",
    "y0.1 = x2.0",
    "pin x0.2: spatial axis of a convolution",
    "pin y0.2: spatial axis of a convolution",
    "feature x1.1",
    "feature x1.0",
  ]);
});

test("groups are blocks of both", () => {
  const links = linkTexts(convTranspose, grouped);
  expect(links).toEqual(expect.arrayContaining(["group:2 * in:4 = x1.0", "group:2 * x1.1 = y0.1", "blocks group:2"]));
});

test("fewer groups after a cut", () => {
  expect(cutTexts(convTranspose, grouped, { group: [1] })).toEqual(["ConvTranspose(x0, x1, group=1) -> y0"]);
  expect(cutTexts(convTranspose, up, { "y0.1": [0, 1] })).toBeUndefined();
});

test("every input element meets every output channel and kernel position of its group", () => {
  const { node } = opContext(up);
  expect(
    convTranspose.macs!({
      node,
      in: [
        [1, 8, 4],
        [8, 6, 2],
      ],
      out: [[1, 6, 8]],
    }),
  ).toBe(8 * 4 * 6 * 2);
  expect(
    convTranspose.macs!({
      node,
      in: [
        [1, 8, 4],
        [8, 3, 2],
      ],
      out: [[1, 6, 8]],
    }),
  ).toBe(8 * 4 * 3 * 2);
});

test("zero where kernel and bias are", () => {
  expect(convTranspose.zero!([false, true, true], opContext(up))).toBe(true);
  expect(convTranspose.zero!([false, true, false], opContext(up))).toBe(false);
  expect(convTranspose.zero!([false, true], opContext(grouped))).toBe(true);
});

test("where its blocks fit no common factors, the same output of every block goes, and any input", () => {
  const links = looseTexts(convTranspose, grouped, "y0.1");
  expect(links).toContain("y0.1 = x1.1[0 1 2 0 1 2]");
  expect(links).toContain("balanced x0.1 / 2: is read by the 2 blocks of a convolution in equal parts");
  expect(looseTexts(convTranspose, up, "y0.1")).toBeUndefined();
});
