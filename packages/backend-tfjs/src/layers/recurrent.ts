import { range, type Attributes } from "../translate/graph-builder.ts";
import type { Attribute } from "@prune/core";
import { isObject } from "../json.ts";
import { textOf, type LayerContext, type LayerRule } from "./define-layer.ts";
import type { Layer } from "./layers-model.ts";

/** How a kind of recurrent layer maps to ONNX's. */
interface Kind {
  readonly type: "RNN" | "LSTM" | "GRU";
  /** Position of each of ONNX's gates among TensorFlow.js's. */
  readonly gates: readonly number[];
  /** Which of a layer's two activations each of ONNX's is. */
  readonly activations: readonly ("activation" | "recurrentActivation")[];
}

const KINDS: Readonly<Record<string, Kind>> = {
  SimpleRNN: { type: "RNN", gates: [0], activations: ["activation"] },
  // TensorFlow.js: input, forget, cell, output. ONNX: input, output, forget, cell.
  LSTM: { type: "LSTM", gates: [0, 3, 1, 2], activations: ["recurrentActivation", "activation", "activation"] },
  GRU: { type: "GRU", gates: [0, 1, 2], activations: ["recurrentActivation", "activation"] },
};

/** Activations by ONNX's names for recurrent layers, with their two parameters where they have any. */
const ACTIVATIONS: Readonly<Record<string, readonly [name: string, parameters?: readonly [number, number]]>> = {
  linear: ["Affine", [1, 0]],
  relu: ["Relu"],
  tanh: ["Tanh"],
  sigmoid: ["Sigmoid"],
  hardsigmoid: ["HardSigmoid", [0.2, 0.5]],
  softsign: ["Softsign"],
  softplus: ["Softplus"],
};

/** One direction of a layer: the layer that it is, and what its weights are called. */
interface Direction {
  readonly config: Readonly<Record<string, unknown>>;
  readonly weights: Readonly<Record<"kernel" | "recurrent_kernel" | "bias", string | undefined>>;
  readonly units: number;
}

/**
 * Runs one or two directions; the result is `[T, D, N, H]` turned to `[N, T, D, H]`, and the last states `[D, N, H]`. Each
 * direction is a node of its own, so that each of its weights is a layer's matrix by itself; that what they yield is
 * stacked keeps their widths equal.
 */
function run(l: LayerContext, kind: Kind, directions: readonly Direction[], reversed: boolean): string[] | undefined {
  const { b } = l;
  if (directions[0]!.config["stateful"] === true) return undefined;
  const x = b.op("Transpose", [l.inputs[0]!], { perm: [1, 0, 2] });
  const each: string[][] = [];
  for (const [i, direction] of directions.entries()) {
    const outputs = runOne(l, kind, direction, x, reversed || i > 0);
    if (!outputs) return undefined;
    each.push(outputs);
  }
  const [all, ...states] = each[0]!.map(
    (own, at) =>
    each.length === 1 ? own : b.op("Concat", each.map((outputs) => outputs[at]!), { axis: at === 0 ? 1 : 0 }), // prettier-ignore
  );
  return [b.op("Transpose", [all!], { perm: [2, 0, 1, 3] }), ...states];
}

/** One direction over `[T, N, I]`: its outputs `[T, 1, N, H]`, and its last states `[1, N, H]`. */
function runOne(l: LayerContext, kind: Kind, direction: Direction, x: string, reversed: boolean): string[] | undefined {
  const { config, units, weights } = direction;
  const named = kind.activations.map((key) => ACTIVATIONS[textOf(config, key, "").toLowerCase().replaceAll("_", "")]);
  if (named.some((activation) => !activation)) return undefined;
  const parameters = named.flatMap((activation) => activation![1] ?? []);
  const lists = (values: readonly number[]): Attribute => ({ type: "floats", value: values });
  const attributes: Attributes = {
    hidden_size: units,
    direction: reversed ? "reverse" : "forward",
    activations: { type: "strings", value: named.map((activation) => activation![0]) },
    ...(parameters.length
      ? {
          activation_alpha: lists(parameters.filter((_, i) => i % 2 === 0)),
          activation_beta: lists(parameters.filter((_, i) => i % 2 === 1)),
        }
      : {}),
  };
  const w = matrix(l, kind, direction, weights.kernel);
  const r = matrix(l, kind, direction, weights.recurrent_kernel);
  if (w === undefined || r === undefined) return undefined;
  const bias = weights.bias === undefined ? [] : [biasOf(l, kind, direction, weights.bias)];
  return l.b.ops(kind.type, [x, w, r, ...bias], attributes, kind.type === "LSTM" ? 3 : 2);
}

/** A matrix `[I, G·H]` as ONNX has it: `[1, G·H, I]`, with the gates in its order. */
function matrix(
  { b }: LayerContext,
  { gates }: Kind,
  { units }: Direction,
  kernel: string | undefined,
): string | undefined {
  if (kernel === undefined) return undefined;
  const apart = b.op("Reshape", [kernel, b.ints([0, gates.length, units])]);
  const turned = b.op("Transpose", [inOrder(b, apart, gates, 1)], { perm: [1, 2, 0] });
  return b.op("Unsqueeze", [b.op("Reshape", [turned, b.ints([gates.length * units, -1])]), b.ints([0])]);
}

/** A bias `[G·H]` as ONNX has it: `[1, 2·G·H]`, of which the half for the states is zero. */
function biasOf({ b }: LayerContext, { gates }: Kind, { units }: Direction, bias: string): string {
  const apart = inOrder(b, b.op("Reshape", [bias, b.ints([gates.length, units])]), gates, 0);
  const both = b.op("Pad", [apart, b.ints([0, 0, gates.length, 0])], { mode: "constant" });
  return b.op("Reshape", [both, b.ints([1, 2 * gates.length * units])]);
}

function inOrder(b: LayerContext["b"], x: string, gates: readonly number[], axis: number): string {
  return gates.every((gate, i) => gate === i) ? x : b.op("Gather", [x, b.ints(gates)], { axis });
}

const directionOf = (layer: Layer, weight: LayerContext["weight"]): Direction => ({
  config: { ...layer.getConfig() },
  weights: { kernel: weight("kernel"), recurrent_kernel: weight("recurrent_kernel"), bias: weight("bias") },
  units: layer.weights[1]?.shape[0] ?? 0,
});

const recurrent = (className: string, kind: Kind): LayerRule => ({
  className,
  emit: (l) => {
    if (l.inputs.length > 1 || l.masked) return undefined;
    const { b, config } = l;
    const reversed = config["goBackwards"] === true;
    const made = run(l, kind, [directionOf(l.layer, l.weight)], reversed);
    if (!made) return undefined;
    const [all, ...states] = made.map((value, i) => b.op("Squeeze", [value, b.ints([i === 0 ? 2 : 0])]));
    // What TensorFlow.js runs backwards also comes out backwards.
    const sequence = (): string =>
      reversed ? b.op("Slice", [all!, b.ints([-1]), b.ints([1 - 2 ** 31]), b.ints([1]), b.ints([-1])]) : all!;
    const output = config["returnSequences"] === true ? sequence() : states[0]!;
    return config["returnState"] === true ? [output, ...states] : output;
  },
  resize: ({ weight }) => ({ units: weight("recurrent_kernel")![0]! }),
});

const bidirectional: LayerRule = {
  className: "Bidirectional",
  emit: (l) => {
    const { forwardLayer, backwardLayer } = l.layer as unknown as Readonly<Record<string, Layer>>;
    const kind = KINDS[forwardLayer?.getClassName() ?? ""];
    if (!forwardLayer || !backwardLayer || !kind || l.inputs.length > 1 || l.masked) return undefined;
    const config: Readonly<Record<string, unknown>> = { ...forwardLayer.getConfig() };
    if (config["returnState"] === true || config["goBackwards"] === true) return undefined;
    const directions = [forwardLayer, backwardLayer].map((layer, i) =>
      directionOf(layer, (name) => l.weight(`${i === 0 ? "forward" : "backward"}:${name}`)),
    );
    const made = run(l, kind, directions, false);
    if (!made) return undefined;
    const { b } = l;
    const sequences = config["returnSequences"] === true;
    // [N, T, 2, H], or without the time.
    const both = sequences ? made[0]! : b.op("Transpose", [made[1]!], { perm: [1, 0, 2] });
    const axis = sequences ? 2 : 1;
    switch (l.config["mergeMode"]) {
      case "concat":
        return b.op("Reshape", [both, b.ints([...range(axis).map(() => 0), 2 * directions[0]!.units])]);
      case "sum":
        return b.op("ReduceSum", [both, b.ints([axis])], { keepdims: 0 });
      case "ave":
        return b.op("ReduceMean", [both, b.ints([axis])], { keepdims: 0 });
      case "mul": {
        const [a, c] = b.ops("Split", [both, b.ints([1, 1])], { axis }, 2);
        return b.op("Squeeze", [b.op("Mul", [a!, c!]), b.ints([axis])]);
      }
      default:
        return undefined;
    }
  },
  resize: ({ weight }, config) => {
    const layer = config["layer"];
    if (!isObject(layer) || !isObject(layer["config"])) return {};
    return { layer: { ...layer, config: { ...layer["config"], units: weight("forward:recurrent_kernel")![0]! } } };
  },
};

export const recurrents: readonly LayerRule[] = [
  ...Object.entries(KINDS).map(([className, kind]) => recurrent(className, kind)),
  bidirectional,
];
