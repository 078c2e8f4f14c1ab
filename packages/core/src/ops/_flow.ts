import { sizeOf } from "../graph/tensor.ts";
import { broadcastGradient } from "./_gradients.ts";
import type { FlowContext, TrainForm } from "./define-op.ts";

type FlowRule = (op: FlowContext) => TrainForm | undefined;

/** `flow` rule of a nonlinearity that is the identity where its input is large: it hands on what it gets. */
export const straight: FlowRule = ({ node }) => ({ outputs: [node.inputs[0]] });

/** No divisor is smaller, so that where nothing flows, nothing is handed on. */
const LEAST = 1e-30;

/**
 * `flow` rule of a nonlinearity with a bound: each element's share of all, over some axes the sum and over all the mean,
 * which counts as a constant. So it is bounded, and yet has no saturated ends where flow would cease.
 */
export function shared(x: string, g: FlowContext["g"], axes?: readonly number[]): TrainForm {
  const total = axes ? g.reduce("ReduceSum", x, axes) : g.op("ReduceMean", [x]);
  const divisor = g.op("Max", [total, g.scalar(LEAST)]);
  return { outputs: [g.div(x, divisor)], gradient: ({ dy: [dy], g: emit }) => [emit.div(dy!, divisor)] };
}

/** `flow` rule of a quotient: what it is divided by counts as a constant. */
export const quotient: FlowRule = ({ node: { inputs }, g }) => ({
  outputs: [g.div(inputs[0]!, inputs[1]!)],
  gradient: (op) => broadcastGradient(op, (i) => (i === 0 ? op.g.div(op.dy[0]!, inputs[1]!) : undefined)),
});

/** `flow` rule of what flow is divided or multiplied by: it computes what it does, and counts as a constant. */
export const constant: FlowRule = ({ node, g }) => ({ outputs: [g.op(node.opType, node.inputs)], gradient: "none" });

/** `flow` rule of a sum: biases, masks and positions, which are no flow, are left out; single numbers stay. */
export const sumOfFlows: FlowRule = ({ node, in: inputs, out: [y], carries, g }) => {
  const kept = inputs.filter((x, i) => x && (carries(i) || sizeOf(x.dims) === 1));
  if (!y || kept.length === inputs.length) return undefined;
  const [first, ...others] = kept;
  if (others.length) return { outputs: [g.op(node.opType, kept.map((x) => x!.name))] }; // prettier-ignore
  return { outputs: [stretched(first!.name, first!.dims, y.dims, g)] };
};

/** `flow` rule of a difference: what is taken away, which would make flow negative, is left out. */
export const minuend: FlowRule = ({ in: [x], out: [y], g }) =>
  x && y ? { outputs: [stretched(x.name, x.dims, y.dims, g)] } : undefined;

const stretched = (x: string, from: readonly number[], to: readonly number[], g: FlowContext["g"]): string =>
  from.join() === to.join() ? x : g.expand(x, to);
