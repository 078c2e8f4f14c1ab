import type { Emit } from "../graph/graph-builder.ts";
import { intAttribute, stringAttribute, withAttributes, type Node } from "../graph/node.ts";
import { sizeOf } from "../graph/tensor.ts";
import { factor, feature, merge, pin, same, type Link } from "../solver/link.ts";
import { rowsOf } from "./_unfold.ts";
import { defineOp, type LinearForm, type OpContext, type OpHandler } from "./define-op.ts";
import { gruStep, lstmStep, rnnStep, unrolled } from "./_recurrent-form.ts";

/**
 * Recurrent layers. `X: [S, N, I]`, `W: [D, G·H, I]`, `R: [D, G·H, H]`, `B: [D, 2·G·H]`, `sequence_lens: [N]`, initial
 * states `[D, N, H]`, LSTM peepholes `P: [D, 3·H]`; `Y: [S, D, N, H]`, last states `[D, N, H]`, for D directions and G
 * gates; with `layout` 1, N comes first. A hidden unit goes from all gates and both directions, which share one axis.
 * Spec: ONNX LSTM 1, 7, 14, 22; GRU 1, 3, 7, 14, 22; RNN 1, 7, 14, 22.
 */
export const lstm: OpHandler = recurrent("LSTM", {
  gates: 4,
  defaults: ["Sigmoid", "Tanh", "Tanh"],
  // cₜ = f·cₜ₋₁ + i·g, hₜ = o·h(cₜ): zero when the cell starts at zero and both activations keep zero.
  step: lstmStep,
  zeroAtZero: [1, 2],
  startsAtZero: [6],
});

/** @see lstm */
export const gru: OpHandler = recurrent("GRU", {
  gates: 3,
  defaults: ["Sigmoid", "Tanh"],
  // hₜ = (1 − z)·g + z·hₜ₋₁, with or without linear_before_reset.
  step: gruStep,
  zeroAtZero: [1],
  startsAtZero: [5],
});

/** @see lstm */
export const rnn: OpHandler = recurrent("RNN", {
  gates: 1,
  defaults: ["Tanh"],
  // hₜ = f(W·x + R·hₜ₋₁ + b); R loses its columns too, so the initial state does not count.
  step: rnnStep,
  zeroAtZero: [0],
  startsAtZero: [],
});

interface Cell {
  readonly gates: number;
  /** Activations of one direction where the node names none. */
  readonly defaults: readonly string[];
  readonly step: Parameters<typeof unrolled>[3];
  /** Activations (positions in `defaults`) that must map zero to zero for the state of a zeroed unit to stay zero. */
  readonly zeroAtZero: readonly number[];
  /** Initial states (inputs) that must be zero for that. */
  readonly startsAtZero: readonly number[];
}

function recurrent(type: string, cell: Cell): OpHandler {
  return defineOp({
    type,
    links: (op) => recurrentLinks(op, cell),
    zero: ([, w, r, b, , h, c], { node }) =>
      w === true &&
      r === true &&
      (b === true || !node.inputs[3]) &&
      cell.startsAtZero.every((i) => !node.inputs[i] || [h, c][i - 5] === true) &&
      keepsZero(node.attributes["activations"], cell),
    cut: ({ in: [, , r], node, kept }) => {
      if (!r) return undefined;
      const hidden = kept(r.axis(2));
      return hidden.whole ? undefined : [withAttributes(node, { hidden_size: { type: "int", value: hidden.count } })];
    },
    linear: (op) => recurrentForms(op, cell),
    train: (op) => unrolled(op, cell.gates, cell.defaults, cell.step),
    macs: ({ in: [x, w, r] }) => (x && w && r ? x[0]! * x[1]! * (sizeOf(w) + sizeOf(r)) : 0),
  });
}

function recurrentLinks(
  { in: [x, w, r, b, lengths, h, c, p], out: [y, lastH, lastC], node }: OpContext,
  cell: Cell,
): Link[] {
  if (!x || !w || !r) return [];
  const batchFirst = intAttribute(node, "layout", 0) === 1;
  const [time, batch] = batchFirst ? [1, 0] : [0, 1];
  const gates = factor("gates", cell.gates);
  const biases = factor("biases", 2 * cell.gates);
  const peepholes = factor("peepholes", 3);
  const hidden = r.axis(2);
  const direction = w.axis(0);
  const links: Link[] = [
    same(x.axis(2), w.axis(2)),
    same(direction, r.axis(0)),
    merge([gates, hidden], w.axis(1)),
    merge([gates, hidden], r.axis(1)),
    pin(gates, `gates of ${node.opType}`),
    pin(direction, `directions of ${node.opType}`),
    pin(x.axis(time), `time axis of ${node.opType}`),
    feature(w.axis(1)),
    feature(w.axis(2), "input"),
    feature(r.axis(1)),
    feature(r.axis(2), "input"),
  ];
  if (b)
    links.push(same(direction, b.axis(0)), merge([biases, hidden], b.axis(1)), pin(biases, `gates of ${node.opType}`));
  if (p)
    links.push(
      same(direction, p.axis(0)),
      merge([peepholes, hidden], p.axis(1)),
      pin(peepholes, `gates of ${node.opType}`),
    );
  if (lengths) links.push(same(x.axis(batch), lengths.axis(0)));
  if (y) {
    const [t, d, n] = batchFirst ? [1, 2, 0] : [0, 1, 2];
    links.push(same(x.axis(time), y.axis(t)), same(direction, y.axis(d)));
    links.push(same(x.axis(batch), y.axis(n)), same(hidden, y.axis(3)));
  }
  for (const state of [h, c, lastH, lastC]) {
    if (!state) continue;
    const [d, n] = batchFirst ? [1, 0] : [0, 1];
    links.push(same(direction, state.axis(d)), same(x.axis(batch), state.axis(n)), same(hidden, state.axis(2)));
  }
  return links;
}

/**
 * The gates' pre-activations are `W·x + R·h + b`, with h the state of the step before: per direction one map over the
 * inputs and one over the states. They are not to be seen in the output, which is a function of them. Biases of the
 * inputs come first, those of the states after them. In an LSTM or RNN the two products are added before anything else
 * happens; a GRU's are not (its reset gate comes between).
 */
function recurrentForms({ in: [x, w, r, b], out: [y, lastH], node }: OpContext, { gates }: Cell): LinearForm[] {
  const states = y ?? lastH;
  if (!x || !w?.isWeight || !r?.isWeight || !states) return [];
  const [directions, rows, features, hidden] = [w.dim(0), w.dim(1), w.dim(2), r.dim(2)];
  const biasAt =
    (offset: number) =>
    (block: number, row: number): number =>
      2 * rows * block + offset + row;
  const inputs: LinearForm = {
    weight: w,
    bias: b,
    biasAt: biasAt(0),
    input: x.axis(2),
    output: states.axis(-1),
    blocks: directions,
    rows,
    features,
    strides: { block: rows * features, row: features, feature: 1 },
    unfold: (emit) => {
      const matrix = rowsOf(emit, x.name, 3, 2, features);
      return directions === 1 ? matrix : emit.op("Concat", [matrix, matrix], { axis: 1 });
    },
  };
  if (!y) return [inputs];
  const recurrence: LinearForm = {
    weight: r,
    bias: b,
    biasAt: biasAt(rows),
    input: y.axis(3),
    output: y.axis(3),
    blocks: directions,
    rows,
    features: hidden,
    strides: { block: rows * hidden, row: hidden, feature: 1 },
    joint: gates !== 3,
    unfold: (emit) => statesBefore(emit, node, y.name, directions, hidden),
  };
  return [inputs, recurrence];
}

/** Emits, in the order of the inputs' steps and samples, the state that each direction starts a step with. */
function statesBefore(emit: Emit, node: Node, y: string, directions: number, hidden: number): string {
  const batchFirst = intAttribute(node, "layout", 0) === 1;
  const time = batchFirst ? 1 : 0;
  const apart = batchFirst ? y : emit.transpose(y, [0, 2, 1, 3]); // [S, N, D, H] or [N, S, D, H]
  const pick = (from: string, axis: number, index: number): string =>
    emit.op("Gather", [from, emit.int64([index])], { axis });
  const slice = (from: string, starts: number, ends: number): string =>
    emit.opset < 10
      ? emit.op("Slice", [from], { axes: [time], starts: [starts], ends: [ends] })
      : emit.op("Slice", [from, emit.int64([starts]), emit.int64([ends]), emit.int64([time])]);
  const backward = stringAttribute(node, "direction", "forward") === "reverse";
  const parts = Array.from({ length: directions }, (_, d) => {
    const own = pick(apart, 2, d);
    const given = node.inputs[5];
    const none = slice(own, 0, 1);
    const first = given
      ? emit.reshape(pick(given, time, d), batchFirst ? [-1, 1, 1, hidden] : [1, -1, 1, hidden])
      : emit.op("Sub", [none, none]);
    const parts = backward || d === 1 ? [slice(own, 1, END), first] : [first, slice(own, 0, -1)];
    return emit.op("Concat", parts, { axis: time });
  });
  const all = parts.length === 1 ? parts[0]! : emit.op("Concat", parts, { axis: 2 });
  return emit.reshape(all, [-1, directions * hidden]);
}

/** Beyond the last index of any axis. */
const END = 2 ** 31 - 1;

/** Activations f with f(0) = 0 whatever their parameters are. */
const ZERO_AT_ZERO = ["tanh", "relu", "leakyrelu", "elu", "softsign", "scaledtanh", "thresholdedrelu"];

function keepsZero(
  attribute: OpContext["node"]["attributes"][string] | undefined,
  { defaults, zeroAtZero }: Cell,
): boolean {
  const names = attribute?.type === "strings" && attribute.value.length ? attribute.value : defaults;
  return names.every(
    (name, i) => !zeroAtZero.includes(i % defaults.length) || ZERO_AT_ZERO.includes(name.toLowerCase()),
  );
}
