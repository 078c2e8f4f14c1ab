import { float, type GraphBuilder } from "./graph-builder.ts";

type Emit = (b: GraphBuilder, x: string) => string;

/** Activations by the names that both formats use, in lower case and without underscores. */
const ACTIVATIONS: Readonly<Record<string, Emit>> = {
  linear: (_, x) => x,
  elu: (b, x) => b.op("Elu", [x]),
  selu: (b, x) => b.op("Selu", [x]),
  relu: (b, x) => b.op("Relu", [x]),
  relu6: (b, x) => b.op("Clip", [x, b.floats([0], []), b.floats([6], [])]),
  sigmoid: (b, x) => b.op("Sigmoid", [x]),
  hardsigmoid: (b, x) => b.op("HardSigmoid", [x], { alpha: float(0.2), beta: float(0.5) }),
  softplus: (b, x) => b.op("Softplus", [x]),
  softsign: (b, x) => b.op("Softsign", [x]),
  tanh: (b, x) => b.op("Tanh", [x]),
  softmax: (b, x) => b.op("Softmax", [x], { axis: -1 }),
  logsoftmax: (b, x) => b.op("LogSoftmax", [x], { axis: -1 }),
  swish: (b, x) => b.op("Mul", [x, b.op("Sigmoid", [x])]),
  mish: (b, x) => b.op("Mish", [x]),
  gelu: (b, x) => b.op("Gelu", [x]),
  gelunew: (b, x) => b.op("Gelu", [x], { approximate: "tanh" }),
};

/** An activation by name; undefined for one that is not known. */
export const activation = (name: string): Emit | undefined => ACTIVATIONS[name.toLowerCase().replaceAll("_", "")];
