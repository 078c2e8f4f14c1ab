import { broadcastLinks, nonzeroLinks, firstUniform } from "./_broadcast.ts";
import { floatAttribute, stringAttribute } from "../graph/node.ts";
import { constant, shared, straight } from "./_flow.ts";
import { unaryGradient } from "./_unary-gradients.ts";
import { defineOp, type OpHandler, type TrainContext, type TrainForm } from "./define-op.ts";

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

/** The same whose slope is 0 almost everywhere, or that yield no numbers. */
const WITHOUT_SLOPE = new Set("Sign Ceil Floor Round IsNaN IsInf Not BitwiseNot".split(" "));

/** The derivative, or the same in terms of operators that have one. */
function derivativeOf(type: string): Pick<OpHandler, "gradient" | "train" | "flow"> {
  if (WITHOUT_SLOPE.has(type)) return { gradient: "none" };
  const [gradient, train, flow] = [unaryGradient(type), COMPOSED[type], flowOf(type)];
  return { ...(gradient && { gradient }), ...(train && { train }), ...(flow && { flow }) };
}

/** Operators whose slope is 1, or nearly so, where their input is large; and those that undo each other. */
const STRAIGHT = new Set(
  "Relu LeakyRelu ThresholdedRelu Elu Celu Selu Gelu HardSwish Mish Swish Softplus Abs Neg Exp Log".split(" "),
);
const BOUNDED = new Set(["Sigmoid", "Tanh", "Softsign"]);

function flowOf(type: string): OpHandler["flow"] {
  if (STRAIGHT.has(type)) return straight;
  if (BOUNDED.has(type)) return ({ node, g }) => shared(node.inputs[0]!, g);
  // A divisor; and the factor (1 + erf x) of a GELU that is written out, of which x is the flow.
  return type === "Reciprocal" || type === "Erf" ? constant : undefined;
}

const unary = (type: string, zero: boolean): OpHandler =>
  defineOp({
    type,
    links: (op) => broadcastLinks(op, op.in.slice(0, 1)),
    zero: ([x]) => zero && x === true,
    uniform: firstUniform,
    ...derivativeOf(type),
  });

/** Operators that are written out for training. */
const COMPOSED: Readonly<Record<string, (op: TrainContext) => TrainForm>> = {
  // x · Φ(x), with the error function or its approximation by tanh.
  Gelu: ({ node, g }) => {
    const x = node.inputs[0]!;
    const inner =
      stringAttribute(node, "approximate", "none") === "tanh"
        ? g.op("Tanh", [g.scale(g.add(x, g.scale(g.mul(g.mul(x, x), x), 0.044715)), Math.sqrt(2 / Math.PI))])
        : g.op("Erf", [g.scale(x, Math.SQRT1_2)]);
    return { outputs: [g.mul(g.scale(x, 0.5), g.shift(inner, 1))] };
  },
  Mish: ({ node: { inputs }, g }) => ({ outputs: [g.mul(inputs[0]!, g.op("Tanh", [g.op("Softplus", inputs)]))] }),
  Swish: ({ node, g }) => {
    const x = node.inputs[0]!;
    return { outputs: [g.mul(x, g.op("Sigmoid", [g.scale(x, floatAttribute(node, "alpha", 1))]))] };
  },
};

/** `y = f(x)`, element by element. Spec: ONNX operators of these names. */
export const unaryOperators: readonly OpHandler[] = [
  ...ZERO_AT_ZERO.map((type) => unary(type, true)),
  ...NONZERO_AT_ZERO.map((type) => unary(type, false)),
  ...UNDEFINED_AT_ZERO.map((type) =>
    defineOp({
      type,
      ...derivativeOf(type),
      links: (op) => [...broadcastLinks(op), ...nonzeroLinks(op.in[0], `goes through ${type}, undefined at zero`)],
    }),
  ),
];
