import { intAttribute, stringAttribute, type Node } from "@prune/core";
import * as tf from "@tensorflow/tfjs-core";
import { errorOperator } from "../../errors.ts";
import { operand, type Kernel, type KernelContext } from "../kernel.ts";
import { plain, valueOf } from "../value.ts";

type Activation = (x: tf.Tensor) => tf.Tensor;

function activationsOf(node: Node, defaults: readonly string[], directions: number): Activation[][] {
  const named = node.attributes["activations"];
  const [alphas, betas] = [floatsOf(node, "activation_alpha"), floatsOf(node, "activation_beta")];
  const names = named?.type === "strings" ? named.value : Array.from({ length: directions }, () => defaults).flat();
  let [alpha, beta] = [0, 0];
  const all = names.map((name): Activation => {
    switch (name.toLowerCase()) {
      case "relu":
        return (x) => tf.relu(x);
      case "tanh":
        return (x) => tf.tanh(x);
      case "sigmoid":
        return (x) => tf.sigmoid(x);
      case "softsign":
        return (x) => tf.div(x, tf.add(tf.abs(x), 1));
      case "softplus":
        return (x) => tf.softplus(x);
      case "elu":
        return (x) => tf.elu(x);
      case "affine": {
        const [scale, offset] = [alphas[alpha++] ?? 1, betas[beta++] ?? 0];
        return (x) => tf.add(tf.mul(x, scale), offset);
      }
      case "hardsigmoid": {
        const [scale, offset] = [alphas[alpha++] ?? 0.2, betas[beta++] ?? 0.5];
        return (x) => tf.clipByValue(tf.add(tf.mul(x, scale), offset), 0, 1);
      }
      default:
        throw errorOperator(node, `activation "${name}" is not supported`);
    }
  });
  const per = defaults.length;
  return Array.from({ length: directions }, (_, d) => all.slice(d * per, (d + 1) * per));
}

const floatsOf = (node: Node, name: string): readonly number[] => {
  const attribute = node.attributes[name];
  return attribute?.type === "floats" ? attribute.value : [];
};

/** What one direction of a layer works with: `W: [I, G·H]`, `R: [H, G·H]`, biases `[G·H]` of inputs and of states. */
interface Cell {
  readonly w: tf.Tensor;
  readonly r: tf.Tensor;
  readonly wb: tf.Tensor;
  readonly rb: tf.Tensor;
  readonly activations: readonly Activation[];
  readonly node: Node;
}

/** One step: from `x·W + b: [N, G·H]` and the states to the new states, of which the first is the output. */
type Step = (gates: tf.Tensor, states: readonly tf.Tensor[], cell: Cell) => tf.Tensor[];

const rnnStep: Step = (x, [h], { r, rb, activations: [f] }) => [f!(tf.add(tf.add(x, tf.matMul(h!, r)), rb))];

/** Gates in ONNX's order: input, output, forget, cell. */
const lstmStep: Step = (x, [h, c], { r, rb, activations: [f, g, out] }) => {
  const [i, o, forget, cell] = tf.split(tf.add(tf.add(x, tf.matMul(h!, r)), rb), 4, 1);
  const next = tf.add(tf.mul(f!(forget!), c!), tf.mul(f!(i!), g!(cell!)));
  return [tf.mul(f!(o!), out!(next)), next];
};

/** Gates in ONNX's order: update, reset, hidden. */
const gruStep: Step = (x, [h], { r, rb, activations: [f, g], node }) => {
  const [xz, xr, xh] = tf.split(x, 3, 1);
  const [rz, rr, rh] = tf.split(r, 3, 1);
  const [bz, br, bh] = tf.split(rb, 3, 0);
  const z = f!(tf.add(tf.add(xz!, tf.matMul(h!, rz!)), bz!));
  const reset = f!(tf.add(tf.add(xr!, tf.matMul(h!, rr!)), br!));
  const inner =
    intAttribute(node, "linear_before_reset", 0) === 1
      ? tf.mul(reset, tf.add(tf.matMul(h!, rh!), bh!))
      : tf.add(tf.matMul(tf.mul(reset, h!), rh!), bh!);
  const candidate = g!(tf.add(xh!, inner));
  return [tf.add(tf.mul(tf.sub(1, z), candidate), tf.mul(z, h!))];
};

interface Kind {
  readonly gates: number;
  readonly states: number;
  readonly defaults: readonly string[];
  readonly step: Step;
}

const recurrent =
  ({ gates, states, defaults, step }: Kind): Kernel =>
  (context) => {
    const { node, in: inputs } = context;
    const batchFirst = intAttribute(node, "layout", 0) === 1;
    const given = plain(operand(context, 0));
    const x = batchFirst ? tf.transpose(given, [1, 0, 2]) : given;
    const [w, r] = [plain(operand(context, 1)), plain(operand(context, 2))];
    const [steps = 0, batch = 0] = x.shape;
    const [directions = 1, , hidden = 0] = r.shape;
    const direction = stringAttribute(node, "direction", "forward");
    if (inputs[4]) throw errorOperator(node, "sequence_lens is not supported");
    const activations = activationsOf(node, defaults, directions);
    const bias = inputs[3] ? plain(inputs[3]) : tf.zeros([directions, 2 * gates * hidden]);
    const outputs: tf.Tensor[] = [];
    const finals: tf.Tensor[][] = [];
    for (let d = 0; d < directions; d++) {
      const cell: Cell = {
        w: tf.transpose(row(w, d)),
        r: tf.transpose(row(r, d)),
        wb: tf.slice(row(bias, d), 0, gates * hidden),
        rb: tf.slice(row(bias, d), gates * hidden, gates * hidden),
        activations: activations[d]!,
        node,
      };
      const start = Array.from({ length: states }, (_, s) =>
        inputs[5 + s] ? initial(context, 5 + s, d, batchFirst) : tf.zeros([batch, hidden]),
      );
      const backwards = direction === "reverse" || d === 1;
      const [sequence, last] = walk(x, start, cell, step, backwards, steps);
      outputs.push(sequence);
      finals.push(last);
    }
    // [S, D, N, H], or with the batch first [N, S, D, H].
    const y = tf.stack(outputs, 1);
    const lasts = Array.from({ length: states }, (_, s) => tf.stack(finals.map((f) => f[s]!), batchFirst ? 1 : 0)); // prettier-ignore
    return [valueOf(y, "float32", batchFirst ? [2, 0, 1, 3] : undefined), ...lasts.map((t) => valueOf(t))];
  };

const row = (t: tf.Tensor, index: number): tf.Tensor => tf.squeeze(tf.slice(t, [index], [1]), [0]);

const initial = (context: KernelContext, input: number, direction: number, batchFirst: boolean): tf.Tensor => {
  const state = plain(operand(context, input));
  return row(batchFirst ? tf.transpose(state, [1, 0, 2]) : state, direction);
};

function walk(
  x: tf.Tensor,
  start: readonly tf.Tensor[],
  cell: Cell,
  step: Step,
  backwards: boolean,
  steps: number,
): [tf.Tensor, tf.Tensor[]] {
  const [, batch = 0, features = 0] = x.shape;
  const projected = tf.add(tf.matMul(tf.reshape(x, [steps * batch, features]), cell.w), cell.wb);
  const gates = tf.unstack(tf.reshape(projected, [steps, batch, -1]), 0);
  let states = [...start];
  const outputs: tf.Tensor[] = [];
  for (let i = 0; i < steps; i++) {
    const at = backwards ? steps - 1 - i : i;
    states = step(gates[at]!, states, cell);
    outputs[at] = states[0]!;
  }
  return [tf.stack(outputs, 0), states];
}

export const recurrents: Readonly<Record<string, Kernel>> = {
  RNN: recurrent({ gates: 1, states: 1, defaults: ["Tanh"], step: rnnStep }),
  LSTM: recurrent({ gates: 4, states: 2, defaults: ["Sigmoid", "Tanh", "Tanh"], step: lstmStep }),
  GRU: recurrent({ gates: 3, states: 1, defaults: ["Sigmoid", "Tanh"], step: gruStep }),
};
