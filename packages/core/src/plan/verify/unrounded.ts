import { producersOf, type Graph } from "../../graph/graph.ts";
import { nodeOf, type Node } from "../../graph/node.ts";
import { constantsOf } from "../../solver/constants.ts";

/**
 * The graph without the rounding of activations: a DequantizeLinear of what a QuantizeLinear gives, by the same scale and
 * zero point, yields what that was given. Sums of the same numbers differ in their last bits from graph to graph; rounded
 * to 256 steps, a few of them would come out a whole step apart, and no cut could be told from a wrong one.
 * @param isWeight whether a value is computed from constants alone: such are rounded the same everywhere, and stay
 */
export function unrounded(graph: Graph, isWeight: (name: string) => boolean): Graph {
  if (!graph.nodes.some(({ opType }) => opType === "DequantizeLinear")) return graph;
  const producers = producersOf(graph);
  const constants = constantsOf(graph);
  const equal = (a = "", b = ""): boolean => {
    const [x, y] = [constants.get(a)?.bytes(), constants.get(b)?.bytes()];
    return a === b || (x !== undefined && y?.length === x.length && x.every((byte, i) => byte === y[i]));
  };
  const nodes = graph.nodes.map((node): Node => {
    const from = node.opType === "DequantizeLinear" ? producers.get(node.inputs[0] ?? "") : undefined;
    const value = from?.opType === "QuantizeLinear" ? from.inputs[0]! : undefined;
    if (!from || value === undefined || isWeight(value)) return node;
    const same = [1, 2].every((i) => equal(node.inputs[i], from.inputs[i]));
    return same ? nodeOf("Identity", [value], node.outputs, {}, node.name) : node;
  });
  const read = new Set([...graph.outputs.map((v) => v.name), ...nodes.flatMap((n) => n.inputs)]);
  return { ...graph, nodes: nodes.filter((n) => n.opType !== "QuantizeLinear" || read.has(n.outputs[0]!)) };
}

/** Whether a graph rounds values that it computes to few steps, of which {@link unrounded} frees it only in part. */
export const rounds = (graph: Graph, isWeight: (name: string) => boolean): boolean => {
  const producers = producersOf(graph);
  return graph.nodes.some(({ opType, inputs }) => {
    if (/^DynamicQuantize(Linear|MatMul|LSTM)$/.test(opType)) return true;
    const read = opType === "QuantizeLinear" ? inputs[0]! : undefined;
    return read !== undefined && !isWeight(read) && producers.has(read);
  });
};
