import { expect, test } from "vitest";
import { cutTexts, linkTexts, opContext, type OpSpec } from "../testing/op-context.ts";
import { pad } from "./pad.ts";

/** The shortcut of a ResNet that pads channels: [2, 4] → [2, 1 + 4 + 2]. */
const channels: OpSpec = { type: "Pad", in: [[2, 4], { ints: [0, 1, 0, 2] }], out: [[2, 7]] };

test("the input is a run of the output; what is added has slices of its own", () => {
  expect(linkTexts(pad, channels)).toEqual(["x0.0 = y0.0", "x0.1[0..4] = y0.1[1..5]"]);
});

test("after a cut as many are added as are left", () => {
  expect(cutTexts(pad, channels, { "x0.1": [0, 3], "y0.1": [0, 1, 4, 6] })).toEqual(["Pad(x0, [0 1 0 1]) -> y0"]);
  expect(cutTexts(pad, channels, { "x0.1": [0, 3], "y0.1": [1, 4] })).toEqual(["Pad(x0, [0 0 0 0]) -> y0"]);
  expect(cutTexts(pad, channels, { "x0.1": [0, 3], "y0.1": [0, 1, 4, 5, 6] })).toBeUndefined();
});

test("negative pads crop", () => {
  const spec: OpSpec = { type: "Pad", in: [[6], { ints: [-2, 1] }], out: [[5]] };
  expect(linkTexts(pad, spec)).toEqual(["x0.0[2..6] = y0.0[0..4]"]);
  expect(cutTexts(pad, spec, { "x0.0": [1, 2, 5], "y0.0": [0, 3, 4] })).toEqual(["Pad(x0, [-1 1]) -> y0"]);
});

test("axes say which axes the pads are for, since opset 18", () => {
  const spec: OpSpec = {
    type: "Pad",
    in: [[2, 4], { ints: [1, 2] }, undefined, { ints: [-1] }],
    out: [[2, 7]],
    opset: 18,
  };
  expect(linkTexts(pad, spec)).toEqual(linkTexts(pad, channels));
  expect(cutTexts(pad, spec, { "x0.1": [0], "y0.1": [0, 1, 6] })).toEqual(["Pad(x0, [1 1], , x3) -> y0"]);
});

test("before opset 11 pads are an attribute", () => {
  const spec: OpSpec = { type: "Pad", in: [[2, 4]], out: [[2, 7]], attributes: { pads: [0, 1, 0, 2] }, opset: 10 };
  expect(linkTexts(pad, spec)).toEqual(linkTexts(pad, channels));
  expect(cutTexts(pad, spec, { "x0.1": [0], "y0.1": [0, 1, 6] })).toEqual(["Pad(x0, pads=0,1,0,1) -> y0"]);
});

test("copies of slices pin the axis, and only that", () => {
  const spec: OpSpec = { ...channels, attributes: { mode: "reflect" } };
  const reason = "is padded with copies of its own slices";
  expect(linkTexts(pad, spec)).toEqual(["x0.0 = y0.0", `pin x0.1: ${reason}`, `pin y0.1: ${reason}`]);
});

test("pads known only at run time pin the axes that change", () => {
  const spec: OpSpec = { type: "Pad", in: [[2, 4], { dims: [4] }], out: [[2, 7]] };
  const reason = "is padded by amounts known only at run time";
  expect(linkTexts(pad, spec)).toEqual(["x0.0 = y0.0", `pin x0.1: ${reason}`, `pin y0.1: ${reason}`]);
});

test("zero as long as zeros are added", () => {
  const one = { floats: [1], dims: [] };
  const spec: OpSpec = { type: "Pad", in: [[2, 4], { ints: [0, 1, 0, 2] }, one], out: [[2, 7]] };
  expect(pad.zero!([true], opContext(channels))).toBe(true);
  expect(pad.zero!([undefined], opContext(channels))).toBe(true);
  expect(pad.zero!([false], opContext(channels))).toBe(false);
  expect(pad.zero!([true], opContext(spec))).toBe(false);
  expect(pad.zero!([true], opContext({ ...spec, attributes: { mode: "edge" } }))).toBe(true);
});
