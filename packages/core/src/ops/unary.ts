import { broadcastLinks, firstUniform, nonzeroLinks } from "./_broadcast.ts";
import { defineOp, type OpHandler } from "./define-op.ts";

/** Operators of one input that work element by element, with f(0) = 0. */
const ZERO_AT_ZERO = [
  "Relu LeakyRelu ThresholdedRelu Elu Celu Selu Gelu HardSwish Mish Swish Softsign Tanh Erf Abs Neg Sign Ceil Floor Round",
  "Sqrt Sin Tan Asin Atan Sinh Asinh Atanh IsNaN IsInf",
]
  .join(" ")
  .split(" ");

/** The same with f(0) ≠ 0. */
const NONZERO_AT_ZERO = "Sigmoid Softplus Exp Cos Cosh Acos Not BitwiseNot".split(" ");

/** The same, but no number at 0: a slice whose weights are zeroed would give infinities where the cut gives nothing. */
const UNDEFINED_AT_ZERO = ["Log", "Reciprocal", "Acosh"];

const unary = (type: string, zero: boolean): OpHandler =>
  defineOp({
    type,
    links: (op) => broadcastLinks(op, op.in.slice(0, 1)),
    zero: ([x]) => zero && x === true,
    uniform: firstUniform,
  });

/** `y = f(x)`, element by element. Spec: ONNX operators of these names. */
export const unaryOperators: readonly OpHandler[] = [
  ...ZERO_AT_ZERO.map((type) => unary(type, true)),
  ...NONZERO_AT_ZERO.map((type) => unary(type, false)),
  ...UNDEFINED_AT_ZERO.map((type) =>
    defineOp({
      type,
      links: (op) => [...broadcastLinks(op), ...nonzeroLinks(op.in[0], `goes through ${type}, undefined at zero`)],
    }),
  ),
];
