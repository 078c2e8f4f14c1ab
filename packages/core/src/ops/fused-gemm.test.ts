import { expect, test } from "vitest";
import { linkTexts, opContext, type OpSpec } from "../testing/op-context.ts";
import { fusedGemm } from "./fused-gemm.ts";

const spec = (attributes: OpSpec["attributes"] = {}): OpSpec => ({
  type: "FusedGemm",
  domain: "com.microsoft",
  in: [[2, 3], { dims: [3, 4], weight: true }, { dims: [4], weight: true }],
  out: [[2, 4]],
  attributes,
});

test("the links of Gemm", () => {
  expect(linkTexts(fusedGemm, spec())).toEqual([
    "x0.0 = y0.0",
    "x1.1 = y0.1",
    "x0.1 = x1.0",
    "x2.0 = y0.1",
    "feature x1.0",
    "feature x1.1",
  ]);
});

test("zero where weight and bias are, unless the activation makes something of 0", () => {
  const zero = (bias: boolean, activation: string): boolean =>
    fusedGemm.zero!([undefined, true, bias], opContext(spec({ activation })));
  expect(zero(true, "LeakyRelu")).toBe(true);
  expect(zero(false, "LeakyRelu")).toBe(false);
  expect(zero(true, "Sigmoid")).toBe(false);
});
