import { expect, test } from "vitest";
import { linkTexts, opContext, type OpSpec } from "../testing/op-context.ts";
import { fusedConv } from "./fused-conv.ts";

const spec = (attributes: OpSpec["attributes"] = {}): OpSpec => ({
  type: "FusedConv",
  domain: "com.microsoft",
  in: [[1, 3, 4, 4], { dims: [6, 3, 3, 3], weight: true }, { dims: [6], weight: true }, [1, 6, 2, 2]],
  out: [[1, 6, 2, 2]],
  attributes,
});

test("the links of a convolution, and what is added has the channels of the result", () => {
  const links = linkTexts(fusedConv, spec());
  expect(links).toEqual(expect.arrayContaining(["x3.0 = y0.0", "x3.1 = y0.1", "x1.0 = y0.1", "x1.0 = x2.0"]));
});

test("zero where filter, bias and what is added are, unless the activation makes something of 0", () => {
  const zero = (added: boolean, activation: string): boolean =>
    fusedConv.zero!([undefined, true, true, added], opContext(spec({ activation })));
  expect(zero(true, "Relu")).toBe(true);
  expect(zero(false, "Relu")).toBe(false);
  expect(zero(true, "Sigmoid")).toBe(false);
});
