import { expect, test } from "vitest";
import { linkTexts, opContext, type OpSpec } from "../testing/op-context.ts";
import { gemm } from "./gemm.ts";

const dense: OpSpec = {
  type: "Gemm",
  in: [[2, 8], { dims: [8, 5], weight: true }, { dims: [5], weight: true }],
  out: [[2, 5]],
};
const macs = (spec: OpSpec): number => {
  const op = opContext(spec);
  return gemm.macs!({ node: op.node, in: op.in.map((v) => v?.dims), out: op.out.map((v) => v?.dims) });
};

test("a dense layer", () => {
  expect(linkTexts(gemm, dense)).toEqual([
    "x0.0 = y0.0",
    "x1.1 = y0.1",
    "x0.1 = x1.0",
    "x2.0 = y0.1",
    "feature x1.0",
    "feature x1.1",
  ]);
  expect(macs(dense)).toBe(2 * 5 * 8);
});

test("both operands transposed", () => {
  const spec: OpSpec = { ...dense, in: [[8, 2], { dims: [5, 8], weight: true }], attributes: { transA: 1, transB: 1 } };
  expect(linkTexts(gemm, spec)).toEqual(["x0.1 = y0.0", "x1.0 = y0.1", "x0.0 = x1.1", "feature x1.1", "feature x1.0"]);
  expect(macs(spec)).toBe(2 * 5 * 8);
});

test("the weight may stand on the left", () => {
  const links = linkTexts(gemm, { type: "Gemm", in: [{ dims: [5, 8], weight: true }, [8, 2]], out: [[5, 2]] });
  expect(links.slice(3)).toEqual(["feature x0.1", "feature x0.0"]);
});

test("of two activations, what is summed over must be zero", () => {
  const links = linkTexts(gemm, {
    type: "Gemm",
    in: [
      [2, 8],
      [8, 5],
    ],
    out: [[2, 5]],
  });
  expect(links.slice(3)).toEqual(["needs-zero x0.1 or x1.0: is summed over in a product of two activations"]);
});

test("zero where a factor and C are", () => {
  expect(gemm.zero!([undefined, true, true], opContext(dense))).toBe(true);
  expect(gemm.zero!([undefined, true, false], opContext(dense))).toBe(false);
  expect(gemm.zero!([false, true, undefined], opContext({ ...dense, in: dense.in.slice(0, 2) }))).toBe(true);
});
