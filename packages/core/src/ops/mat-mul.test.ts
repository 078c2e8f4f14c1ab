import { expect, test } from "vitest";
import { linkTexts, opContext, type OpSpec } from "../testing/op-context.ts";
import { matMul } from "./mat-mul.ts";

const projection: OpSpec = { type: "MatMul", in: [[2, 7, 8], { dims: [8, 5], weight: true }], out: [[2, 7, 5]] };
const scores: OpSpec = {
  type: "MatMul",
  in: [
    [2, 4, 7, 8],
    [2, 4, 8, 7],
  ],
  out: [[2, 4, 7, 7]],
};

test("a projection by a weight", () => {
  expect(linkTexts(matMul, projection)).toEqual([
    "x0.2 = x1.0",
    "x0.1 = y0.1",
    "x1.1 = y0.2",
    "x0.0 = y0.0",
    "feature x1.0",
    "feature x1.1",
  ]);
});

test("the weight may stand on the left", () => {
  const links = linkTexts(matMul, {
    type: "MatMul",
    in: [{ dims: [5, 8], weight: true }, [2, 8, 7]],
    out: [[2, 5, 7]],
  });
  expect(links).toEqual(["x0.1 = x1.1", "x0.0 = y0.1", "x1.2 = y0.2", "x1.0 = y0.0", "feature x0.1", "feature x0.0"]);
});

test("a rank-1 operand has no M or N", () => {
  const vector: OpSpec = { type: "MatMul", in: [[7, 8], { dims: [8], weight: true }], out: [[7]] };
  expect(linkTexts(matMul, vector)).toEqual(["x0.1 = x1.0", "x0.0 = y0.0", "feature x1.0"]);
});

test("a product of two activations sums over zeros, and its batch axes are heads", () => {
  expect(linkTexts(matMul, scores)).toEqual([
    "x0.3 = x1.2",
    "x0.2 = y0.2",
    "x1.3 = y0.3",
    "x0.1 = y0.1",
    "x0.0 = y0.0",
    "x1.1 = y0.1",
    "x1.0 = y0.0",
    "needs-zero x0.3 or x1.2: is summed over in a product of two activations",
    "heads y0.0",
    "heads y0.1",
  ]);
});

test("M·K·N multiplications per batch", () => {
  const { node } = opContext(scores);
  expect(
    matMul.macs!({
      node,
      in: [
        [2, 4, 7, 8],
        [2, 4, 8, 7],
      ],
      out: [[2, 4, 7, 7]],
    }),
  ).toBe(2 * 4 * 7 * 8 * 7);
});

test("zero where a factor is", () => {
  expect(matMul.zero!([false, true], opContext(scores))).toBe(true);
  expect(matMul.zero!([undefined, false], opContext(projection))).toBe(false);
});
