import { expect, test } from "vitest";
import { linkTexts, opContext, type OpSpec } from "../testing/op-context.ts";
import { qLinearBinary, qLinearUnary } from "./q-linear-element-wise.ts";

const [add, multiply] = qLinearBinary;
const [leaky, sigmoid] = qLinearUnary;
const spec: OpSpec = {
  type: "QLinearAdd",
  domain: "com.microsoft",
  in: [[1, 6, 2], [], [], [6, 1], [], [], [], []],
  out: [[1, 6, 2]],
};

test("the first and the fourth input are the operands", () => {
  expect(linkTexts(add!, spec)).toEqual(["x0.2 = y0.2", "x0.1 = y0.1", "x0.0 = y0.0", "x3.0 = y0.1"]);
});

test("a sum is zero where both are, a product where either is", () => {
  const [u, op] = [undefined, opContext(spec)];
  expect([add, multiply].map((h) => h!.zero!([true, u, u, false], op))).toEqual([false, true]);
  expect([add, multiply].map((h) => h!.zero!([true, u, u, true], op))).toEqual([true, true]);
});

test("of the functions of one operand, LeakyRelu yields 0 for 0", () => {
  const op = opContext({ ...spec, type: "QLinearSigmoid", in: [[1, 6], [], [], [], []], out: [[1, 6]] });
  expect([leaky, sigmoid].map((h) => h!.zero!([true], op))).toEqual([true, false]);
});
