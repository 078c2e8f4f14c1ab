import {
  type Emitter,
  type GradientRule,
  type Graph,
  handlersFor,
  type Node,
  type Operand,
  operandsOf,
  type OpHandler,
  opsetOf,
  type Shapes,
} from "@prune/core";
import { errorOldOpset } from "./errors.ts";

/** First opset with all that gradients are made of: Col2Im, ScatterND with add, axes as inputs. */
const TRAINING_OPSET = 18;
const OLDEST_OPSET = 7;

/** A part of the forward computation that is differentiated as one. */
export interface Step {
  /** The node, with the names that its inputs and outputs have in the training graph. */
  readonly node: Node;
  /** The network's node that it comes from, for messages. */
  readonly origin: Node;
  readonly gradient: GradientRule | "none" | undefined;
}

/** A network written into a training graph. */
export interface TrainingForm {
  /** The name in the training graph of a value of the network. */
  readonly nameOf: (value: string) => string;
  readonly steps: readonly Step[];
  /** Stored statistics and what they become after a step; undefined: they stay. */
  readonly statistics: ReadonlyMap<string, string | undefined>;
}

export interface FormOptions {
  /** Whether normalisation uses the batch's statistics, as in training. Default false. */
  readonly batchStatistics?: boolean | undefined;
  /** Seed of what is drawn at random, such as what is dropped. Default: nothing is drawn. */
  readonly seed?: number | undefined;
  /** Operators that stay as they are, instead of taking the form they have in training. Default: none. */
  readonly leaves?: ((handler: OpHandler) => boolean) | undefined;
}

/** Opsets of a training graph: the network's own, or the first that training can do with. */
export function trainingOpsets(graph: Graph): Map<string, number> {
  const opset = opsetOf(graph);
  if (opset < OLDEST_OPSET) throw errorOldOpset(opset);
  return new Map([...graph.opsets].filter(([domain]) => domain !== "ai.onnx")).set("", Math.max(TRAINING_OPSET, opset));
}

/**
 * Writes a network's nodes into a training graph, each in the form that its operator's `train` rule gives it.
 */
export function trainingForm(
  graph: Graph,
  shapes: Shapes,
  g: Emitter,
  operators: readonly OpHandler[],
  { batchStatistics = false, seed, leaves = () => false }: FormOptions = {},
): TrainingForm {
  const operands = operandsOf(graph, shapes);
  const before = handlersFor(graph, operators);
  const after = handlersFor({ ...graph, opsets: trainingOpsets(graph) }, operators);
  const renamed = new Map<string, string>();
  const nameOf = (value: string): string => renamed.get(value) ?? value;
  const statistics = new Map<string, string | undefined>();
  const steps: Step[] = [];
  let drawn = 0;
  const draw = seed === undefined ? undefined : () => seed + drawn++;
  for (const original of graph.nodes) {
    const node = { ...original, inputs: original.inputs.map(nameOf) };
    const context = operands.contextOf(original);
    const named = (v: Operand | undefined, i: number): Operand | undefined => v && { ...v, name: node.inputs[i]! };
    const start = g.nodes.length;
    const handler = before(original);
    const form = (!handler || leaves(handler) ? undefined : handler.train)?.({
      ...context,
      node,
      in: context.in.map(named),
      g,
      batchStatistics,
      draw,
      update: (parameter, value) => statistics.set(parameter, value),
    });
    if (!form) {
      g.nodes.push(node);
      steps.push({ node, origin: original, gradient: after(node)?.gradient });
      continue;
    }
    const outputs = form.outputs.map((name) => name ?? "");
    original.outputs.forEach((name, i) => renamed.set(name, outputs[i] ?? ""));
    if (form.gradient) steps.push({ node: { ...node, outputs }, origin: original, gradient: form.gradient });
    else
      for (const made of g.nodes.slice(start))
        steps.push({ node: made, origin: original, gradient: after(made)?.gradient });
  }
  return { nameOf, steps, statistics };
}

/** The nodes of `nodes` as steps, each differentiated by its own operator's rule. */
export function stepsOfNodes(graph: Graph, nodes: readonly Node[], operators: readonly OpHandler[]): Step[] {
  const handler = handlersFor(graph, operators);
  return nodes.map((node) => ({ node, origin: node, gradient: handler(node)?.gradient }));
}
