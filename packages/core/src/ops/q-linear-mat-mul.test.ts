import { expect, test } from "vitest";
import { linkTexts, opContext, type OpSpec } from "../testing/op-context.ts";
import { dynamicQuantizeMatMul, matMulInteger, qLinearMatMul } from "./q-linear-mat-mul.ts";

const matrix = { dims: [3, 4], weight: true };
const vector = { dims: [4], weight: true };

test("the links of MatMul; scales and zero points go with the columns of B", () => {
  const spec: OpSpec = { type: "QLinearMatMul", in: [[2, 3], [], [], matrix, vector, vector, [], []], out: [[2, 4]] };
  expect(linkTexts(qLinearMatMul, spec)).toEqual([
    "x0.1 = x3.0",
    "x0.0 = y0.0",
    "x3.1 = y0.1",
    "feature x3.0",
    "feature x3.1",
    "x4.0 = x3.1",
    "x5.0 = x3.1",
  ]);
});

test("MatMulInteger has zero points alone", () => {
  const spec: OpSpec = { type: "MatMulInteger", in: [[2, 3], matrix, [], vector], out: [[2, 4]] };
  expect(linkTexts(matMulInteger, spec)).toEqual(expect.arrayContaining(["x0.1 = x1.0", "x3.0 = x1.1"]));
});

test("zero where an operand is, and the bias where there is one", () => {
  const spec: OpSpec = { type: "DynamicQuantizeMatMul", domain: "com.microsoft", in: [[2, 3], matrix, vector, vector, vector], out: [[2, 4]] }; // prettier-ignore
  const zero = (bias: boolean): boolean => dynamicQuantizeMatMul.zero!([undefined, true, undefined, undefined, bias], opContext(spec)); // prettier-ignore
  expect([zero(true), zero(false)]).toEqual([true, false]);
  expect(linkTexts(dynamicQuantizeMatMul, spec)).toContain("x4.0 = y0.1");
});
