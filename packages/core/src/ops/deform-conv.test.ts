import { expect, test } from "vitest";
import { cutTexts, linkTexts, opContext, type OpSpec } from "../testing/op-context.ts";
import { deformConv } from "./deform-conv.ts";

const spec: OpSpec = {
  type: "DeformConv",
  in: [[1, 8, 4], { dims: [6, 8, 3], weight: true }, [1, 12, 4], { dims: [6], weight: true }, [1, 6, 4]],
  out: [[1, 6, 4]],
  attributes: { offset_group: 2 },
  opset: 19,
};

test("channels go as in a convolution, offsets and the blocks that share them stay", () => {
  const links = linkTexts(deformConv, spec);
  expect(links.slice(0, 8)).toEqual([
    "x0.0 = x2.0",
    "x0.0 = y0.0",
    "x0.0 = x4.0",
    "group:1 * x1.1 = x0.1",
    "group:1 * out:6 = x1.0",
    "offsets:2 * shared:4 = x0.1",
    "x1.0 = y0.1",
    "x1.0 = x3.0",
  ]);
  expect(links).toEqual(
    expect.arrayContaining([
      "pin offsets:2: groups of a DeformConv that share offsets",
      "pin x2.1: offsets of a DeformConv",
      "pin x4.1: offsets of a DeformConv",
      "pin x2.2: spatial axis of a convolution",
    ]),
  );
});

test("counts and cuts as a convolution does", () => {
  const op = opContext(spec);
  expect(deformConv.macs!({ node: op.node, in: op.in.map((v) => v?.dims), out: [[1, 6, 4]] })).toBe(6 * 4 * 8 * 3);
  expect(deformConv.zero!([false, true, undefined, true, undefined], op)).toBe(true);
  expect(deformConv.zero!([false, true, undefined, false, undefined], op)).toBe(false);
  const grouped: OpSpec = {
    ...spec,
    in: [[1, 8, 4], { dims: [6, 4, 3], weight: true }, [1, 6, 4]],
    attributes: { group: 2 },
  };
  expect(cutTexts(deformConv, grouped, { group: [0] })).toEqual(["DeformConv(x0, x1, x2, group=1) -> y0"]);
});
