import { floatAttribute, intAttribute, stringAttribute, type Node } from "../graph/node.ts";
import type { TrainContext, TrainForm } from "./define-op.ts";

type Emit = TrainContext["g"];
type Activation = (x: string) => string;

/** A recurrent layer in one direction, with the values that its steps read. */
interface Layer {
  readonly g: Emit;
  readonly node: Node;
  readonly hidden: number;
  /** Recurrent weights `[G·H, H]`. */
  readonly r: string;
  /** Recurrent biases per gate `[H]`, where they are not part of what the input yields. */
  readonly recurrentBias: readonly (string | undefined)[];
  /** Peepholes `[H]`: input, output, forget. */
  readonly peepholes: readonly (string | undefined)[];
  readonly activations: readonly Activation[];
}

/** State between steps, `[N, H]`; undefined: zero. */
interface State {
  readonly h: string | undefined;
  readonly c?: string | undefined;
}

/** One step: what the input yields for the gates `[N, G·H]`, and the state before. */
type Step = (layer: Layer, input: string, state: State) => { h: string; c?: string };

/**
 * A recurrent layer as its steps, one after another, for training. Dimensions as in recurrent.ts: every time step gets
 * nodes of its own, and the input's share of the gates is computed for all steps at once.
 */
export function unrolled(
  op: TrainContext,
  gates: number,
  defaults: readonly string[],
  step: Step,
): TrainForm | undefined {
  const {
    in: [x, w, r, b, lengths, h0, c0, p],
    node,
    g,
  } = op;
  if (!x || !w || !r) return undefined;
  const batchFirst = intAttribute(node, "layout", 0) === 1;
  const timeFirst = (v: string): string => (batchFirst ? g.transpose(v, [1, 0, 2]) : v);
  const [steps, batch] = batchFirst ? [x.dim(1), x.dim(0)] : [x.dim(0), x.dim(1)];
  const [directions, hidden] = [w.dim(0), r.dim(2)];
  const rows = g.reshape(timeFirst(x.name), [steps * batch, x.dim(2)]);
  const sequences: string[] = [];
  const last: { h: string; c?: string }[] = [];
  for (let d = 0; d < directions; d++) {
    const backward = d === 1 || stringAttribute(node, "direction", "forward") === "reverse";
    const own = (v: string, dims: readonly number[]): string =>
      g.reshape(directions === 1 ? v : g.slice(v, [0], [d], [d + 1]), dims);
    const biases = b ? g.ops("Split", [own(b.name, [2 * gates * hidden])], { axis: 0, num_outputs: 2 }, 2) : [];
    // A GRU that resets after the product needs the recurrent bias of its candidate apart; the sum is for the others.
    const apart = intAttribute(node, "linear_before_reset", 0) !== 0;
    const bias = biases.length === 0 ? undefined : apart ? biases[0] : g.add(biases[0]!, biases[1]!);
    const inputs = g.op("Gemm", [rows, own(w.name, [gates * hidden, w.dim(2)]), bias], { transB: 1 });
    const pieces = steps === 1 ? [inputs] : g.ops("Split", [inputs], { axis: 0, num_outputs: steps }, steps);
    const layer: Layer = {
      g,
      node,
      hidden,
      r: own(r.name, [gates * hidden, hidden]),
      recurrentBias: apart && biases.length ? split(g, biases[1]!, gates, 0) : [],
      peepholes: p ? split(g, own(p.name, [3 * hidden]), 3, 0) : [],
      activations: activationsOf(g, node, defaults, d),
    };
    const initial = (v: string): string => own(timeFirst(v), [batch, hidden]);
    let state: State = { h: h0 && initial(h0.name), c: c0 && initial(c0.name) };
    const outputs = Array.from({ length: steps }, () => "");
    for (let i = 0; i < steps; i++) {
      const t = backward ? steps - 1 - i : i;
      let next = step(layer, pieces[t]!, state);
      outputs[t] = next.h;
      if (lengths) {
        const ended = g.reshape(g.op("LessOrEqual", [g.op("Cast", [lengths.name], { to: 7 }), g.ints([t])]), [
          batch,
          1,
        ]);
        outputs[t] = g.where(ended, g.scalar(0), next.h);
        next = {
          h: g.where(ended, state.h ?? g.scalar(0), next.h),
          ...(next.c !== undefined && { c: g.where(ended, state.c ?? g.scalar(0), next.c) }),
        };
      }
      state = next;
    }
    sequences.push(g.reshape(steps === 1 ? outputs[0]! : g.op("Concat", outputs, { axis: 0 }), [steps, 1, batch, hidden])); // prettier-ignore
    last.push(state as { h: string; c?: string });
  }
  const together = (values: readonly string[], axis: number): string =>
    values.length === 1 ? values[0]! : g.op("Concat", values, { axis });
  const final = (values: readonly string[]): string =>
    timeFirst(together(values.map((v) => g.reshape(v, [1, batch, hidden])), 0)); // prettier-ignore
  const y = together(sequences, 1);
  return {
    outputs: [
      batchFirst ? g.transpose(y, [2, 0, 1, 3]) : y,
      final(last.map((s) => s.h)),
      ...(last[0]!.c === undefined ? [] : [final(last.map((s) => s.c!))]),
    ],
  };
}

const split = (g: Emit, x: string, parts: number, axis: number): string[] =>
  g.ops("Split", [x], { axis, num_outputs: parts }, parts);

/** The recurrent share of some gates (rows `from` to `to` of R, in units of H) added to the input's. */
function recurrent({ g, r, hidden }: Layer, input: string, h: string | undefined, from?: number, to?: number): string {
  if (h === undefined) return input;
  const weights = from === undefined ? r : g.slice(r, [0], [from * hidden], [to! * hidden]);
  return g.op("Gemm", [h, weights, input], { transB: 1 });
}

/** Limits what goes into the activations, where the node says so. */
function clipped({ g, node }: Layer, x: string): string {
  const limit = floatAttribute(node, "clip", 0);
  return limit > 0 ? g.op("Clip", [x, g.scalar(-limit), g.scalar(limit)]) : x;
}

/** `i, o, f = σ(…)`, `c = f·c₋₁ + i·tanh(…)`, `h = o·tanh(c)`; gates in ONNX's order i, o, f, c. */
export const lstmStep: Step = (layer, input, { h, c }) => {
  const { g, activations: [sigmoid, candidate, output], peepholes: [pi, po, pf], node } = layer; // prettier-ignore
  const [i, o, f, n] = split(g, recurrent(layer, input, h), 4, 1);
  const peep = (gate: string, weights: string | undefined, cell: string | undefined): string =>
    sigmoid!(clipped(layer, weights && cell ? g.add(gate, g.mul(weights, cell)) : gate));
  const enter = peep(i!, pi, c);
  const forget = intAttribute(node, "input_forget", 0) ? g.sub(g.scalar(1), enter) : peep(f!, pf, c);
  const fresh = g.mul(enter, candidate!(clipped(layer, n!)));
  const cell = c === undefined ? fresh : g.add(g.mul(forget, c), fresh);
  return { h: g.mul(peep(o!, po, cell), output!(cell)), c: cell };
};

/** `z, r = σ(…)`, `n = tanh(… + r·(…))`, `h = (1 − z)·n + z·h₋₁`; gates in ONNX's order z, r, n. */
export const gruStep: Step = (layer, input, { h }) => {
  const { g, hidden, activations: [sigmoid, candidate], recurrentBias, node } = layer; // prettier-ignore
  const [gates, fromInput] = g.ops("Split", [input, g.ints([2 * hidden, hidden])], { axis: 1 }, 2);
  const linear = intAttribute(node, "linear_before_reset", 0) !== 0;
  const extra = recurrentBias.length ? g.op("Concat", recurrentBias.slice(0, 2), { axis: 0 }) : undefined;
  const both = recurrent(layer, extra === undefined ? gates! : g.add(gates!, extra), h, 0, 2);
  const [update, reset] = split(g, sigmoid!(clipped(layer, both)), 2, 1);
  let inner = fromInput!;
  if (!linear) inner = recurrent(layer, inner, h && g.mul(reset!, h), 2, 3);
  else {
    const bias = recurrentBias[2];
    const own = h === undefined ? bias : g.op("Gemm", [h, g.slice(layer.r, [0], [2 * hidden], [3 * hidden]), bias], { transB: 1 }); // prettier-ignore
    if (own !== undefined) inner = g.add(inner, g.mul(reset!, own));
  }
  const fresh = g.mul(g.sub(g.scalar(1), update!), candidate!(clipped(layer, inner)));
  return { h: h === undefined ? fresh : g.add(fresh, g.mul(update!, h)) };
};

/** `h = tanh(…)` */
export const rnnStep: Step = (layer, input, { h }) => ({
  h: layer.activations[0]!(clipped(layer, recurrent(layer, input, h))),
});

/** The activations of one direction; those that take parameters take them from the node in order. */
function activationsOf(g: Emit, node: Node, defaults: readonly string[], direction: number): Activation[] {
  const attribute = (name: string): readonly unknown[] => {
    const a = node.attributes[name];
    return a?.type === "strings" || a?.type === "floats" ? a.value : [];
  };
  const names = attribute("activations").length ? (attribute("activations") as string[]) : [...defaults, ...defaults];
  const [alphas, betas] = [attribute("activation_alpha"), attribute("activation_beta")];
  let [a, b] = [0, 0];
  const all = names.map((name): Activation => {
    const known = ACTIVATIONS[name.toLowerCase()];
    const alpha = known?.alpha === undefined ? 0 : Number(alphas[a++] ?? known.alpha);
    const beta = known?.beta === undefined ? 0 : Number(betas[b++] ?? known.beta);
    return (x) => (known ? known.emit(g, x, alpha, beta) : g.op(name, [x]));
  });
  return all.slice(direction * defaults.length, (direction + 1) * defaults.length);
}

interface ActivationRule {
  /** Default parameters, where the function has them. */
  readonly alpha?: number;
  readonly beta?: number;
  readonly emit: (g: Emit, x: string, alpha: number, beta: number) => string;
}

const float = (value: number): { readonly type: "float"; readonly value: number } => ({ type: "float", value });

/** Activation functions of recurrent layers that take parameters or are no operators; the others are called as they are. */
const ACTIVATIONS: Readonly<Record<string, ActivationRule>> = {
  affine: { alpha: 1, beta: 0, emit: (g, x, alpha, beta) => g.shift(g.scale(x, alpha), beta) },
  scaledtanh: { alpha: 1, beta: 1, emit: (g, x, alpha, beta) => g.scale(g.op("Tanh", [g.scale(x, beta)]), alpha) },
  hardsigmoid: { alpha: 0.2, beta: 0.5, emit: (g, x, alpha, beta) => g.op("HardSigmoid", [x], { alpha: float(alpha), beta: float(beta) }) }, // prettier-ignore
  leakyrelu: { alpha: 0.01, emit: (g, x, alpha) => g.op("LeakyRelu", [x], { alpha: float(alpha) }) },
  thresholdedrelu: { alpha: 1, emit: (g, x, alpha) => g.op("ThresholdedRelu", [x], { alpha: float(alpha) }) },
  elu: { alpha: 1, emit: (g, x, alpha) => g.op("Elu", [x], { alpha: float(alpha) }) },
};
