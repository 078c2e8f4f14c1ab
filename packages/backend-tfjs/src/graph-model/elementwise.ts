import { float } from "../translate/graph-builder.ts";
import { activation } from "../translate/activation.ts";
import type { OpRule, OpRules } from "./define-op.ts";
import { floatAttr, typeAttr } from "./node-def.ts";

const same =
  (type: string): OpRule =>
  ({ b, inputs }) =>
    b.op(type, inputs);

const composed =
  (make: (l: Parameters<OpRule>[0], x: string) => string): OpRule =>
  (l) =>
    make(l, l.inputs[0]!);

const isInteger = (l: Parameters<OpRule>[0]): boolean => typeAttr(l.node, "T") === "DT_INT32";

const swapped =
  (type: string): OpRule =>
  ({ b, inputs: [x, y] }) =>
    b.op("Not", [b.op(type, [x!, y!])]);

const quotient: OpRule = (l) => (isInteger(l) ? floorQuotient(l) : l.b.op("Div", l.inputs));

/** The quotient rounded down; ONNX rounds those of integers towards zero. */
const floorQuotient: OpRule = (l) => {
  const [x, y] = l.inputs;
  if (!isInteger(l)) return l.b.op("Floor", [l.b.op("Div", l.inputs)]);
  return l.b.op("Div", [l.b.op("Sub", [x!, l.b.op("Mod", l.inputs)]), y!]);
};

/** ONNX's codes of the types that a Cast leads to; integers are int64 inside a graph. */
const CAST_TO: Readonly<Record<string, number>> = { DT_FLOAT: 1, DT_HALF: 1, DT_DOUBLE: 1, DT_INT32: 7, DT_INT64: 7, DT_BOOL: 9 }; // prettier-ignore

export const elementwise: OpRules = {
  ...Object.fromEntries(
    "Abs Acos Acosh Asin Asinh Atan Atanh Ceil Cos Cosh Erf Exp Floor Log Neg Reciprocal Round Sigmoid Sign Sin Sinh Softplus Softsign Sqrt Tan Tanh Selu Elu Relu Identity"
      .split(" ")
      .map((type) => [type, same(type)]),
  ),
  Add: same("Add"),
  AddV2: same("Add"),
  AddN: ({ b, inputs }) => (inputs.length === 1 ? b.op("Identity", inputs) : b.op("Sum", inputs)),
  BiasAdd: same("Add"),
  Sub: same("Sub"),
  Mul: same("Mul"),
  Div: quotient,
  RealDiv: quotient,
  FloorDiv: floorQuotient,
  FloorMod: same("Mod"),
  Pow: same("Pow"),
  Maximum: same("Max"),
  Minimum: same("Min"),
  Equal: same("Equal"),
  Greater: same("Greater"),
  GreaterEqual: same("GreaterOrEqual"),
  Less: same("Less"),
  LessEqual: same("LessOrEqual"),
  NotEqual: swapped("Equal"),
  LogicalAnd: same("And"),
  LogicalNot: same("Not"),
  LogicalOr: same("Or"),
  SelectV2: same("Where"),
  Prelu: same("PRelu"),
  StopGradient: same("Identity"),
  Snapshot: same("Identity"),
  PreventGradient: same("Identity"),
  LeakyRelu: ({ b, inputs, node }) => b.op("LeakyRelu", inputs, { alpha: float(floatAttr(node, "alpha", 0.2)) }),
  Relu6: composed(({ b }, x) => activation("relu6")!(b, x)),
  ClipByValue: same("Clip"),
  Square: composed(({ b }, x) => b.op("Mul", [x, x])),
  SquaredDifference: ({ b, inputs }) => {
    const apart = b.op("Sub", inputs);
    return b.op("Mul", [apart, apart]);
  },
  Rsqrt: composed(({ b }, x) => b.op("Reciprocal", [b.op("Sqrt", [x])])),
  Log1p: composed(({ b }, x) => b.op("Log", [b.op("Add", [x, b.floats([1], [])])])),
  Expm1: composed(({ b }, x) => b.op("Sub", [b.op("Exp", [x]), b.floats([1], [])])),
  DivNoNan: ({ b, inputs: [x, y] }) => {
    const isZero = b.op("Equal", [y!, b.floats([0], [])]);
    const safe = b.op("Where", [isZero, b.floats([1], []), y!]);
    return b.op("Where", [isZero, b.floats([0], []), b.op("Div", [x!, safe])]);
  },
  Cast: ({ b, inputs, node }) => {
    const to = CAST_TO[typeAttr(node, "DstT") ?? ""];
    return to === undefined ? undefined : b.op("Cast", inputs, { to });
  },
};
