import { floatAttribute, intAttribute, stringAttribute, type DType } from "@prune/core";
import * as tf from "@tensorflow/tfjs-core";
import { operand, type Kernel, type KernelContext } from "../kernel.ts";
import { numbersOf, plain, valueOf, type Value } from "../value.ts";

type Unary = (x: tf.Tensor, context: KernelContext) => tf.Tensor;
type Binary = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;

/** Works on the elements where they lie, whatever the order of the axes. */
const unary =
  (f: Unary, dtype?: DType): Kernel =>
  (context) => {
    const x = operand(context, 0);
    return [valueOf(f(x.tensor, context), dtype ?? x.dtype, x.perm)];
  };

const binary =
  (f: Binary, dtype?: DType): Kernel =>
  (context) => {
    const [a, b] = [operand(context, 0), operand(context, 1)];
    return [combine(f, a, b, dtype)];
  };

function combine(f: Binary, a: Value, b: Value, dtype: DType = a.dtype): Value {
  if (a.perm && (String(a.perm) === String(b.perm) || b.tensor.size === 1)) {
    return valueOf(f(a.tensor, b.tensor.size === 1 ? tf.reshape(b.tensor, []) : b.tensor), dtype, a.perm);
  }
  return valueOf(f(plain(a), plain(b)), dtype);
}

const variadic =
  (f: Binary): Kernel =>
  ({ in: inputs }) => [inputs.filter((v) => v !== undefined).reduce((a, b) => combine(f, a, b))];

const isInteger = ({ dtype }: tf.Tensor): boolean => dtype === "int32";

function clip(x: tf.Tensor, { node, in: [, min, max] }: KernelContext): tf.Tensor {
  const bound = (value: Value | undefined, name: string, none: number): number =>
    value ? numbersOf(value)[0]! : floatAttribute(node, name, none);
  return tf.clipByValue(x, bound(min, "min", -3.4e38), bound(max, "max", 3.4e38));
}

/** x · Φ(x), or the approximation of it by a tanh. */
function gelu(x: tf.Tensor, { node }: KernelContext): tf.Tensor {
  if (stringAttribute(node, "approximate", "none") !== "tanh") {
    return tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));
  }
  const inner = tf.mul(tf.add(x, tf.mul(tf.mul(tf.mul(x, x), x), 0.044715)), Math.sqrt(2 / Math.PI));
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(inner), 1));
}

const hardSigmoid = (x: tf.Tensor, alpha: number, beta: number): tf.Tensor =>
  tf.clipByValue(tf.add(tf.mul(x, alpha), beta), 0, 1);

/** α(eˣ − 1) below zero. */
const elu = (x: tf.Tensor, alpha: number): tf.Tensor =>
  alpha === 1 ? tf.elu(x) : tf.where(tf.greater(x, 0), x, tf.mul(tf.elu(x), alpha));

const floats = { alpha: (k: KernelContext, none: number) => floatAttribute(k.node, "alpha", none) };

const NUMERIC: Readonly<Record<string, Unary>> = {
  Abs: (x) => tf.abs(x),
  Acos: (x) => tf.acos(x),
  Acosh: (x) => tf.acosh(x),
  Asin: (x) => tf.asin(x),
  Asinh: (x) => tf.asinh(x),
  Atan: (x) => tf.atan(x),
  Atanh: (x) => tf.atanh(x),
  Ceil: (x) => tf.ceil(x),
  Clip: clip,
  Cos: (x) => tf.cos(x),
  Cosh: (x) => tf.cosh(x),
  Dropout: (x) => x,
  Elu: (x, k) => elu(x, floats.alpha(k, 1)),
  Erf: (x) => tf.erf(x),
  Exp: (x) => tf.exp(x),
  Floor: (x) => tf.floor(x),
  Gelu: gelu,
  HardSigmoid: (x, k) => hardSigmoid(x, floats.alpha(k, 0.2), floatAttribute(k.node, "beta", 0.5)),
  HardSwish: (x) => tf.mul(x, hardSigmoid(x, 1 / 6, 0.5)),
  Identity: (x) => x,
  LeakyRelu: (x, k) => tf.leakyRelu(x, floats.alpha(k, 0.01)),
  Log: (x) => tf.log(x),
  Mish: (x) => tf.mul(x, tf.tanh(tf.softplus(x))),
  Neg: (x) => tf.neg(x),
  Reciprocal: (x) => tf.reciprocal(x),
  Relu: (x) => tf.relu(x),
  Round: (x) => tf.round(x),
  Selu: (x) => tf.selu(x),
  Sigmoid: (x) => tf.sigmoid(x),
  Sign: (x) => tf.sign(x),
  Sin: (x) => tf.sin(x),
  Sinh: (x) => tf.sinh(x),
  Softplus: (x) => tf.softplus(x),
  Softsign: (x) => tf.div(x, tf.add(tf.abs(x), 1)),
  Sqrt: (x) => tf.sqrt(x),
  Tan: (x) => tf.tan(x),
  Tanh: (x) => tf.tanh(x),
  ThresholdedRelu: (x, k) => tf.mul(x, tf.cast(tf.greater(x, floats.alpha(k, 1)), "float32")),
};

const NUMERIC_PAIRS: Readonly<Record<string, Binary>> = {
  Add: (a, b) => tf.add(a, b),
  Div: (a, b) => (isInteger(a) ? tf.floorDiv(a, b) : tf.div(a, b)),
  Mod: (a, b) => tf.mod(a, b),
  Mul: (a, b) => tf.mul(a, b),
  // The wasm backend's own broadcasts the slope along the last axis alone.
  PRelu: (a, b) => tf.add(tf.relu(a), tf.mul(b, tf.minimum(a, 0))),
  Pow: (a, b) => tf.pow(a, tf.cast(b, a.dtype)),
  Sub: (a, b) => tf.sub(a, b),
};

const PREDICATES: Readonly<Record<string, Binary>> = {
  And: (a, b) => tf.logicalAnd(a, b),
  Equal: (a, b) => tf.equal(a, b),
  Greater: (a, b) => tf.greater(a, b),
  GreaterOrEqual: (a, b) => tf.greaterEqual(a, b),
  Less: (a, b) => tf.less(a, b),
  LessOrEqual: (a, b) => tf.lessEqual(a, b),
  Or: (a, b) => tf.logicalOr(a, b),
  Xor: (a, b) => tf.logicalXor(a, b),
};

/** ONNX's codes of element types. */
const CAST_TO: Readonly<Record<number, readonly [DType, "float32" | "int32" | "bool"]>> = {
  1: ["float32", "float32"],
  2: ["uint8", "int32"],
  3: ["int8", "int32"],
  6: ["int32", "int32"],
  7: ["int64", "int32"],
  9: ["bool", "bool"],
  10: ["float32", "float32"],
  11: ["float32", "float32"],
};

export const elementwise: Readonly<Record<string, Kernel>> = {
  ...Object.fromEntries(Object.entries(NUMERIC).map(([type, f]) => [type, unary(f)])),
  ...Object.fromEntries(Object.entries(NUMERIC_PAIRS).map(([type, f]) => [type, binary(f)])),
  ...Object.fromEntries(Object.entries(PREDICATES).map(([type, f]) => [type, binary(f, "bool")])),
  Not: unary((x) => tf.logicalNot(x), "bool"),
  IsNaN: unary((x) => tf.isNaN(x), "bool"),
  IsInf: unary((x) => tf.isInf(x), "bool"),
  Max: variadic((a, b) => tf.maximum(a, b)),
  Min: variadic((a, b) => tf.minimum(a, b)),
  Sum: variadic((a, b) => tf.add(a, b)),
  Mean: (context) => {
    const [sum] = variadic((a, b) => tf.add(a, b))(context);
    return [valueOf(tf.div(sum!.tensor, context.in.length), sum!.dtype, sum!.perm)];
  },
  Cast: (context) => {
    const x = operand(context, 0);
    const [dtype, stored] = CAST_TO[intAttribute(context.node, "to", 1)] ?? CAST_TO[1]!;
    // The wasm backend takes bytes for booleans without looking at the number.
    const made = stored === "bool" ? tf.notEqual(x.tensor, 0) : tf.cast(x.tensor, stored);
    return [valueOf(made, dtype, x.perm)];
  },
  Where: (context) => {
    const [a, b] = [operand(context, 1), operand(context, 2)];
    return [valueOf(tf.where(plain(operand(context, 0)), plain(a), plain(b)), a.dtype)];
  },
};
