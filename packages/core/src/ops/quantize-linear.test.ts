import { expect, test } from "vitest";
import { linkTexts, opContext, type OpSpec } from "../testing/op-context.ts";
import { quantizeLinears } from "./quantize-linear.ts";

const dequantize = quantizeLinears[1]!;
const parameter = { dims: [6], weight: true };
const spec: OpSpec = {
  type: "DequantizeLinear",
  in: [{ dims: [6, 3], weight: true }, parameter, parameter],
  out: [[6, 3]],
  attributes: { axis: 0 },
};

test("scales and zero points go with the slices of their axis", () => {
  expect(linkTexts(dequantize, spec)).toEqual(["x0.1 = y0.1", "x0.0 = y0.0", "x1.0 = x0.0", "x2.0 = x0.0"]);
});

test("blocks along an axis stay whole", () => {
  const blocks: OpSpec = { ...spec, in: [{ dims: [6, 4], weight: true }, { dims: [6, 2], weight: true }], out: [[6, 4]], attributes: { axis: 1, block_size: 2 }, opset: 21 }; // prettier-ignore
  expect(linkTexts(dequantize, blocks)).toEqual(["x0.1 = y0.1", "x0.0 = y0.0", "x1.0 = x0.0", "pin x0.1: is quantised in blocks"]); // prettier-ignore
});

test("what a quantised constant stands for", () => {
  const op = opContext(spec);
  expect(dequantize.quantized!(op)).toEqual([{ value: op.in[0], scale: op.in[1], zeroPoint: op.in[2], axis: 0 }]);
  expect(quantizeLinears[0]!.quantized!(op)).toEqual([]);
});
