import { Emitter, type Graph, handlersFor, type Node, type Operand, operandsOf, type OpHandler, probe, type Runtime } from "@prune/core"; // prettier-ignore
import type { Forward } from "../forward.ts";
import type { Step } from "../training-form.ts";

/** Names that a linearised network adds begin so. */
const PREFIX = "flow:";

/** Above this, flow is scaled down. */
const LARGE = 1e10;

/** What is differentiated. */
export type Linearized = Pick<Forward, "g" | "nameOf" | "steps" | "operands" | "loss" | "graphOf">;

/**
 * The linearised network of a forward pass: operators in the form that their `flow` rule gives them.
 *
 * Flow grows with every layer, beyond what float32 holds in a deep network. So once a layer yields more than
 * {@link LARGE}, all values that flow passes through at that point (in a chain one, in a residual network the branch and
 * its shortcut) are divided by the same factor, which counts as a constant. In a network that is linear in what these
 * values hold, this multiplies all scores by the same number.
 * @param weights names of the constants that flow may begin at, such as embeddings
 */
export async function linearized(
  made: Forward,
  runtime: Runtime,
  operators: readonly OpHandler[],
  weights: ReadonlySet<string>,
): Promise<Linearized> {
  const whole = made.graphOf([made.loss]);
  const lookup = handlersFor(whole, operators);
  const g = new Emitter(PREFIX);
  const steps: Step[] = [];
  const renamed = new Map<string, string>();
  const nameOf = (value: string): string => renamed.get(value) ?? value;
  const carrying = new Set(whole.inputs.filter(({ dtype }) => dtype === "float32").map(({ name }) => name));
  const front = fronts(whole, carrying);
  for (const [at, original] of whole.nodes.entries()) {
    const context = made.operands.contextOf(original);
    const node: Node = { ...original, inputs: original.inputs.map(nameOf) };
    const named = (v: Operand | undefined, i: number): Operand | undefined => v && { ...v, name: node.inputs[i]! };
    const handler = lookup(original);
    const carries = (input: number): boolean => carrying.has(original.inputs[input] ?? "");
    const arrives = original.inputs.some((_, i) => carries(i));
    const start = g.nodes.length;
    const form = arrives ? handler?.flow?.({ ...context, node, in: context.in.map(named), g, carries }) : undefined;
    const outputs = form ? form.outputs.map((name) => name ?? "") : original.outputs;
    if (!form) {
      g.nodes.push(node);
      const factors = handler?.multiplies ? original.inputs.filter((_, i) => carries(i)).length : 1;
      steps.push({ node, origin: original, gradient: split(handler?.gradient, factors, carries) });
    } else if (form.gradient) steps.push({ node: { ...node, outputs }, origin: original, gradient: form.gradient });
    else for (const own of g.nodes.slice(start)) steps.push({ node: own, origin: original, gradient: lookup(own)?.gradient }); // prettier-ignore
    original.outputs.forEach((name, i) => renamed.set(name, outputs[i] ?? ""));
    const begins = original.inputs.some((name) => weights.has(name));
    if ((form ?? handler)?.gradient === "none" || !(arrives || begins)) continue;
    for (const output of context.out) if (output && !output.isWeight) carrying.add(output.name);
    const open = front(at);
    // Steps in time, which read their weights in other shapes, have gates with bounds between them.
    const layer = begins && (handler?.linear?.(context) ?? []).length > 0;
    if (!open.includes(original.outputs[0]!) || !(layer || open.length === 1)) continue;
    const divisor = excessOf(nameOf(original.outputs[0]!), g);
    for (const name of open) renamed.set(name, divided(nameOf(name), divisor, original, g, steps));
  }
  const graphOf: Forward["graphOf"] = (outputs, fed = []) => ({
    ...whole,
    nodes: g.nodes,
    inputs: [...whole.inputs, ...fed],
    outputs: outputs.map((name) => ({ name, dtype: "float32", dims: undefined })),
    parameters: new Map([...whole.parameters, ...g.parameters]),
  });
  const loss = nameOf(made.loss);
  const linear = graphOf([loss]);
  const operands = operandsOf(linear, await probe(linear, runtime));
  return { g, nameOf, steps, operands, loss, graphOf };
}

/** Flow through a product is split between the factors that carry it, so that none is counted twice. */
function split(gradient: Step["gradient"], factors: number, carries: (input: number) => boolean): Step["gradient"] {
  if (typeof gradient !== "function" || factors < 2) return gradient;
  return (op) => gradient(op)?.map((name, i) => (name && carries(i) ? op.g.scale(name, 1 / factors) : name));
}

/**
 * Says through which values all flow passes after a node: those that nodes behind it read.
 * @param carrying values that carry flow; those of a node are in it when it is asked about
 */
function fronts(graph: Graph, carrying: ReadonlySet<string>): (node: number) => string[] {
  const last = new Map<string, number>();
  graph.nodes.forEach((node, i) => node.inputs.forEach((name) => last.set(name, i)));
  let open = graph.inputs.map(({ name }) => name);
  let next = 0;
  return (at) => {
    for (; next <= at; next++) open.push(...graph.nodes[next]!.outputs);
    open = open.filter((name) => carrying.has(name) && (last.get(name) ?? -1) > at);
    return open;
  };
}

/** How many times more than it should a value holds; 1 where it does not. */
function excessOf(x: string, g: Emitter): string {
  const peak = g.op("ReduceMax", [x], { keepdims: 0 });
  return g.op("Max", [g.scalar(1), g.scale(peak, 1 / LARGE)]);
}

/** A value divided by what counts as a constant. */
function divided(x: string, divisor: string, origin: Node, g: Emitter, steps: Step[]): string {
  const value = g.div(x, divisor);
  const node: Node = { ...g.nodes.at(-1)!, inputs: [x] };
  steps.push({ node, origin, gradient: ({ dy: [dy], g: emit }) => [emit.div(dy!, divisor)] });
  return value;
}
