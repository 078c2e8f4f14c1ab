import { expect, test } from "vitest";
import { linkTexts, opContext, type OpSpec } from "../testing/op-context.ts";
import { layerNormalizations } from "./layer-normalization.ts";

const layerNorm = layerNormalizations.find((h) => h.type === "LayerNormalization")!;
const rmsNorm = layerNormalizations.find((h) => h.type === "RMSNormalization")!;
const weight = (...dims: readonly number[]): { dims: readonly number[]; weight: true } => ({ dims, weight: true });
const spec: OpSpec = { type: "LayerNormalization", in: [[2, 5, 16], weight(16), weight(16)], out: [[2, 5, 16]] };

test("the last axis goes with scale and bias, inexactly", () => {
  expect(linkTexts(layerNorm, spec)).toEqual([
    "x0.0 = y0.0",
    "x0.1 = y0.1",
    "x0.2 = y0.2",
    "x1.0 = y0.2",
    "x2.0 = y0.2",
    "inexact x0.2: is normalised over by LayerNormalization",
  ]);
});

test("several axes from `axis` on, and the statistics without them", () => {
  const links = linkTexts(layerNorm, {
    ...spec,
    in: [[2, 5, 16], weight(5, 16)],
    out: [
      [2, 5, 16],
      [2, 1, 1],
      [2, 1, 1],
    ],
    attributes: { axis: -2 },
  });
  expect(links.slice(3)).toEqual([
    "x1.1 = y0.2",
    "x1.0 = y0.1",
    "y1.0 = y0.0",
    "y2.0 = y0.0",
    "inexact x0.1: is normalised over by LayerNormalization",
    "inexact x0.2: is normalised over by LayerNormalization",
  ]);
});

test("zero where scale and bias are", () => {
  expect(layerNorm.zero!([false, true, true], opContext(spec))).toBe(true);
  expect(layerNorm.zero!([true, true, false], opContext(spec))).toBe(false);
  const withoutBias: OpSpec = { ...spec, type: "RMSNormalization", in: [[2, 5, 16], weight(16)], opset: 23 };
  expect(rmsNorm.zero!([false, true], opContext(withoutBias))).toBe(true);
  expect(linkTexts(rmsNorm, withoutBias).at(-1)).toBe("inexact x0.2: is normalised over by RMSNormalization");
});
