import { expect, test } from "vitest";
import { linkTexts, opContext, type OpSpec } from "../testing/op-context.ts";
import { embedLayerNormalization } from "./embed-layer-normalization.ts";

const spec: OpSpec = {
  type: "EmbedLayerNormalization",
  domain: "com.microsoft",
  in: [
    [1, 5],
    [1, 5],
    { dims: [20, 8], weight: true },
    { dims: [9, 8], weight: true },
    { dims: [2, 8], weight: true },
    { dims: [8], weight: true },
    { dims: [8], weight: true },
  ],
  out: [[1, 5, 8], [1], [1, 5, 8]],
};

test("tables, scale and shift share the width; rows of tables stay; it is normalised over", () => {
  expect(linkTexts(embedLayerNormalization, spec)).toEqual([
    "x2.1 = y0.2",
    "pin x2.0: is looked up by id",
    "x3.1 = y0.2",
    "pin x3.0: is looked up by id",
    "x4.1 = y0.2",
    "pin x4.0: is looked up by id",
    "x5.0 = y0.2",
    "x6.0 = y0.2",
    "y2.0 = y0.0",
    "y2.1 = y0.1",
    "y2.2 = y0.2",
    "inexact y0.2: is normalised over by EmbedLayerNormalization",
  ]);
});

test("zero where scale and shift are, unless the sum is an output too", () => {
  const zeros = [undefined, undefined, undefined, undefined, undefined, true, true];
  expect(embedLayerNormalization.zero!(zeros, opContext({ ...spec, out: spec.out.slice(0, 2) }))).toBe(true);
  expect(embedLayerNormalization.zero!(zeros, opContext(spec))).toBe(false);
});
