import { expect, test } from "vitest";
import { linkTexts, opContext, type OpSpec } from "../testing/op-context.ts";
import { unaryOperators } from "./unary.ts";

const erf = (x: number): number => (x === 0 ? 0 : NaN); // asked at 0 only
const softplus = (x: number): number => Math.log1p(Math.exp(x));
/** What each operator makes of 0, from its formula in the ONNX specification, with its default attributes. */
const AT_ZERO: Record<string, number> = {
  Abs: Math.abs(0),
  Acos: Math.acos(0),
  Acosh: Math.acosh(0),
  Asin: Math.asin(0),
  Asinh: Math.asinh(0),
  Atan: Math.atan(0),
  Atanh: Math.atanh(0),
  BitwiseNot: ~0,
  Ceil: Math.ceil(0),
  Celu: Math.max(0, 0) + Math.min(0, Math.exp(0) - 1),
  Cos: Math.cos(0),
  Cosh: Math.cosh(0),
  Elu: Math.exp(0) - 1,
  Erf: erf(0),
  Exp: Math.exp(0),
  Floor: Math.floor(0),
  Gelu: 0.5 * 0 * (1 + erf(0)),
  HardSwish: 0 * Math.max(0, Math.min(1, 0.5)),
  IsInf: 0,
  IsNaN: 0,
  LeakyRelu: 0.01 * 0,
  Log: Math.log(0),
  Mish: 0 * Math.tanh(softplus(0)),
  Neg: 0,
  Not: 1,
  Reciprocal: 1 / 0,
  Relu: Math.max(0, 0),
  Round: Math.round(0),
  Selu: 1.6732 * (Math.exp(0) - 1),
  Sigmoid: 1 / (1 + Math.exp(0)),
  Sign: Math.sign(0),
  Sin: Math.sin(0),
  Sinh: Math.sinh(0),
  Softplus: softplus(0),
  Softsign: 0 / (1 + Math.abs(0)),
  Sqrt: Math.sqrt(0),
  Swish: 0 * (1 / (1 + Math.exp(0))),
  Tan: Math.tan(0),
  Tanh: Math.tanh(0),
  ThresholdedRelu: 0 > 1 ? 0 : 0,
};

test.each(Object.entries(AT_ZERO))("%s(0) = %d", (type, value) => {
  const handler = unaryOperators.find((h) => h.type === type)!;
  const spec: OpSpec = { type, in: [[2, 3]], out: [[2, 3]] };
  const links = linkTexts(handler, spec);
  expect(links.slice(0, 2)).toEqual(["x0.1 = y0.1", "x0.0 = y0.0"]);
  expect(handler.zero?.([true], opContext(spec)) ?? false).toBe(value === 0);
  expect(handler.zero?.([false], opContext(spec)) ?? false).toBe(false);
  const reason = `goes through ${type}, undefined at zero`;
  expect(links.slice(2)).toEqual(
    Number.isFinite(value) ? [] : [`needs-nonzero x0.0: ${reason}`, `needs-nonzero x0.1: ${reason}`],
  );
});
