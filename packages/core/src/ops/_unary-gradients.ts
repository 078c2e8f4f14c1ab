import { floatAttribute } from "../graph/node.ts";
import type { GradientContext, GradientRule } from "./define-op.ts";

/** What a derivative is computed from: the names of input, output and the output's gradient. */
interface Unary {
  readonly g: GradientContext["g"];
  readonly x: string;
  readonly y: string;
  readonly dy: string;
  /** A float attribute of the node. */
  readonly float: (name: string, fallback: number) => number;
}

const { PI } = Math;

/** Where a value lies above a number. */
const above = ({ g }: Unary, value: string, number: number): string => g.op("Greater", [value, g.scalar(number)]);
const square = (g: Unary["g"], x: string): string => g.mul(x, x);
const sqrt = (g: Unary["g"], x: string): string => g.op("Sqrt", [x]);
/** `1 − v²` */
const oneMinusSquare = (g: Unary["g"], v: string): string => g.sub(g.scalar(1), square(g, v));
const SELU = { alpha: 1.6732632, gamma: 1.0507009 } as const;

/** `dL/dx` of `y = f(x)` by operator. */
const DERIVATIVES: Readonly<Record<string, (u: Unary) => string>> = {
  Relu: (u) => u.g.where(above(u, u.y, 0), u.dy),
  LeakyRelu: (u) => u.g.where(above(u, u.x, 0), u.dy, u.g.scale(u.dy, u.float("alpha", 0.01))),
  ThresholdedRelu: (u) => u.g.where(above(u, u.x, u.float("alpha", 1)), u.dy),
  // α(eˣ − 1) has the derivative y + α.
  Elu: (u) => u.g.where(above(u, u.x, 0), u.dy, u.g.mul(u.dy, u.g.shift(u.y, u.float("alpha", 1)))),
  // α(e^(x/α) − 1) has the derivative y/α + 1.
  Celu: (u) => u.g.where(above(u, u.x, 0), u.dy, u.g.mul(u.dy, u.g.shift(u.g.scale(u.y, 1 / u.float("alpha", 1)), 1))),
  Selu: (u) => {
    const [alpha, gamma] = [u.float("alpha", SELU.alpha), u.float("gamma", SELU.gamma)];
    return u.g.where(above(u, u.x, 0), u.g.scale(u.dy, gamma), u.g.mul(u.dy, u.g.shift(u.y, alpha * gamma)));
  },
  // x · clip(x/6 + 1/2, 0, 1): the slope is 0 below −3, 1 above 3, x/3 + 1/2 between.
  HardSwish: (u) => {
    const between = u.g.mul(u.dy, u.g.shift(u.g.scale(u.x, 1 / 3), 0.5));
    return u.g.where(above(u, u.x, 3), u.dy, u.g.where(above(u, u.x, -3), between));
  },
  HardSigmoid: (u) => {
    const inside = u.g.op("And", [above(u, u.y, 0), u.g.op("Less", [u.y, u.g.scalar(1)])]);
    return u.g.where(inside, u.g.scale(u.dy, u.float("alpha", 0.2)));
  },
  Softsign: ({ g, x, dy }) => g.div(dy, square(g, g.shift(g.op("Abs", [x]), 1))),
  Tanh: ({ g, y, dy }) => g.mul(dy, oneMinusSquare(g, y)),
  Sigmoid: ({ g, y, dy }) => g.mul(dy, g.mul(y, g.sub(g.scalar(1), y))),
  Softplus: ({ g, x, dy }) => g.mul(dy, g.op("Sigmoid", [x])),
  Erf: ({ g, x, dy }) => g.mul(dy, g.scale(g.op("Exp", [g.neg(square(g, x))]), 2 / Math.sqrt(PI))),
  Abs: ({ g, x, dy }) => g.mul(dy, g.op("Sign", [x])),
  Neg: ({ g, dy }) => g.neg(dy),
  Sqrt: ({ g, y, dy }) => g.div(dy, g.scale(y, 2)),
  Exp: ({ g, y, dy }) => g.mul(dy, y),
  Log: ({ g, x, dy }) => g.div(dy, x),
  Reciprocal: ({ g, y, dy }) => g.neg(g.mul(dy, square(g, y))),
  Sin: ({ g, x, dy }) => g.mul(dy, g.op("Cos", [x])),
  Cos: ({ g, x, dy }) => g.neg(g.mul(dy, g.op("Sin", [x]))),
  Tan: ({ g, y, dy }) => g.mul(dy, g.shift(square(g, y), 1)),
  Asin: ({ g, x, dy }) => g.div(dy, sqrt(g, oneMinusSquare(g, x))),
  Acos: ({ g, x, dy }) => g.neg(g.div(dy, sqrt(g, oneMinusSquare(g, x)))),
  Atan: ({ g, x, dy }) => g.div(dy, g.shift(square(g, x), 1)),
  Sinh: ({ g, x, dy }) => g.mul(dy, g.op("Cosh", [x])),
  Cosh: ({ g, x, dy }) => g.mul(dy, g.op("Sinh", [x])),
  Asinh: ({ g, x, dy }) => g.div(dy, sqrt(g, g.shift(square(g, x), 1))),
  Acosh: ({ g, x, dy }) => g.div(dy, sqrt(g, g.shift(square(g, x), -1))),
  Atanh: ({ g, x, dy }) => g.div(dy, oneMinusSquare(g, x)),
};

/** The gradient rule of an operator of one input that works element by element; undefined for one not listed. */
export function unaryGradient(type: string): GradientRule | undefined {
  const derivative = DERIVATIVES[type];
  return (
    derivative &&
    (({ node, dy: [dy], g }) => [
      derivative({
        g,
        x: node.inputs[0]!,
        y: node.outputs[0]!,
        dy: dy!,
        float: (name, fallback) => floatAttribute(node, name, fallback),
      }),
    ])
  );
}
