import { expect, test } from "vitest";
import { linkTexts, type OpSpec } from "../testing/op-context.ts";
import { qLinearPools } from "./q-linear-pool.ts";

const [windows, global] = qLinearPools;
const spec = (x: readonly number[], y: readonly number[], attributes: OpSpec["attributes"] = {}): OpSpec => ({
  type: "QLinearAveragePool",
  domain: "com.microsoft",
  in: [x, [], [], [], []],
  out: [y],
  attributes,
});

test("channels pass, wherever they are; spatial axes stay", () => {
  expect(linkTexts(windows!, spec([1, 4, 4, 6], [1, 2, 2, 6], { channels_last: 1 }))).toEqual([
    "x0.0 = y0.0",
    "x0.3 = y0.3",
    "pin x0.1: spatial axis of QLinearAveragePool",
    "pin x0.2: spatial axis of QLinearAveragePool",
    "pin y0.1: spatial axis of QLinearAveragePool",
    "pin y0.2: spatial axis of QLinearAveragePool",
  ]);
});

test("over all of the image, its axes are mixed", () => {
  expect(linkTexts(global!, spec([1, 6, 4, 4], [1, 6, 1, 1]))).toEqual([
    "x0.0 = y0.0",
    "x0.1 = y0.1",
    "inexact x0.2: is mixed by QLinearGlobalAveragePool",
    "inexact x0.3: is mixed by QLinearGlobalAveragePool",
  ]);
});
