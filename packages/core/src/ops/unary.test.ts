import { expect, test } from "vitest";
import { linkTexts, opContext, type OpSpec } from "../testing/op-context.ts";
import { unaryOperators } from "./unary.ts";

const erf = (x: number): number => (x === 0 ? 0 : NaN); // asked at 0 only
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const softplus = (x: number): number => Math.log1p(Math.exp(x));

/** The operators' formulas in the ONNX specification, with default attributes. */
const FORMULAS: Record<string, (x: number) => number> = {
  Abs: Math.abs,
  Acos: Math.acos,
  Acosh: Math.acosh,
  Asin: Math.asin,
  Asinh: Math.asinh,
  Atan: Math.atan,
  Atanh: Math.atanh,
  BitwiseNot: (x) => ~x,
  Ceil: Math.ceil,
  Celu: (x) => Math.max(0, x) + Math.min(0, Math.exp(x) - 1),
  Cos: Math.cos,
  Cosh: Math.cosh,
  Elu: (x) => (x < 0 ? Math.exp(x) - 1 : x),
  Erf: erf,
  Exp: Math.exp,
  Floor: Math.floor,
  Gelu: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
  HardSwish: (x) => x * Math.max(0, Math.min(1, x / 6 + 0.5)),
  IsInf: (x) => Number(Math.abs(x) === Infinity),
  IsNaN: (x) => Number(Number.isNaN(x)),
  LeakyRelu: (x) => (x < 0 ? 0.01 * x : x),
  Log: Math.log,
  Mish: (x) => x * Math.tanh(softplus(x)),
  Neg: (x) => 0 - x,
  Not: (x) => Number(!x),
  Reciprocal: (x) => 1 / x,
  Relu: (x) => Math.max(0, x),
  Round: Math.round,
  Selu: (x) => 1.0507 * (x > 0 ? x : 1.6733 * (Math.exp(x) - 1)),
  Sigmoid: sigmoid,
  Sign: Math.sign,
  Sin: Math.sin,
  Sinh: Math.sinh,
  Softplus: softplus,
  Softsign: (x) => x / (1 + Math.abs(x)),
  Sqrt: Math.sqrt,
  Swish: (x) => x * sigmoid(x),
  Tan: Math.tan,
  Tanh: Math.tanh,
  ThresholdedRelu: (x) => (x > 1 ? x : 0),
};

test.each(Object.entries(FORMULAS))("%s says what it makes of zero", (type, f) => {
  const value = f(0);
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
