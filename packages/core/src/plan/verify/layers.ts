import { isFloat } from "../../graph/dtype.ts";
import { producersOf, type Graph } from "../../graph/graph.ts";
import type { Node } from "../../graph/node.ts";
import type { Analysis } from "../../solver/analyze.ts";

/** A layer whose data input can be replaced by fresh values, in the original and in the pruned graph. */
export interface OpenedLayer {
  readonly node: Node;
  /** The same layer of the pruned graph. */
  readonly partner: Node;
  /** Position of the data input; the same in both. */
  readonly input: number;
  /** Sizes of the data input in the original. */
  readonly dims: readonly number[];
  /** Tells layers apart: which fresh values it is fed. */
  readonly seed: number;
  /** What messages call the layer. */
  readonly title: string;
}

/** The layers that can be checked by themselves: they have weights, and read something that was computed. */
export function openedLayers({ layers, operands, graph, shapes }: Analysis, pruned: Graph): OpenedLayer[] {
  const partners = new Map(pruned.nodes.map((n) => [n.outputs[0]!, n]));
  const fed = new Set(graph.inputs.map((v) => v.name));
  const single = singlePrecision(graph, operands.constants);
  const isInteger = (name: string): boolean => /int8$/.test(operands.constants.get(name)?.dtype ?? "");
  return layers.flatMap(({ node }, i) => {
    const partner = partners.get(node.outputs[0]!);
    const input = node.inputs.findIndex((name) => name && !operands.of(name)?.isWeight);
    const name = node.inputs[input];
    const weights = node.inputs.filter((w) => w && operands.of(w)?.isWeight);
    const dims = name === undefined || fed.has(name) ? undefined : shapes.canonical.get(name);
    if (!partner || !dims || !weights.length || !weights.every(single) || weights.some(isInteger)) return [];
    return [{ node, partner, input, dims, seed: i, title: node.name || node.outputs[0]! }];
  });
}

/** Name of the graph input that stands in for a layer's data input. */
export const freshName = ({ seed }: OpenedLayer): string => `prune:fresh:${seed}`;

/** The nodes of a graph, each with its part, with every layer reading its own fresh input. */
export function openedNodes(
  chunks: ReadonlyMap<Node, number>,
  layers: readonly OpenedLayer[],
  side: "node" | "partner",
): Map<Node, number> {
  const at = new Map(layers.map((layer) => [layer[side], layer]));
  return new Map(
    [...chunks].map(([node, chunk]) => {
      const layer = at.get(node);
      if (!layer) return [node, chunk];
      return [{ ...node, inputs: node.inputs.with(layer.input, freshName(layer)) }, chunk];
    }),
  );
}

/** Whether a weight, stored or computed, is certain to hold float32, and with it what its layer reads. */
function singlePrecision(graph: Graph, constants: Analysis["operands"]["constants"]): (name: string) => boolean {
  const producers = producersOf(graph);
  const known = new Map<string, boolean>();
  const holds = (name: string): boolean => {
    const tensor = constants.get(name);
    if (tensor) return !isFloat(tensor.dtype) || tensor.dtype === "float32";
    const node = producers.get(name);
    return node !== undefined && !/Cast/.test(node.opType) && node.inputs.filter(Boolean).every(single);
  };
  const single = (name: string): boolean => {
    const before = known.get(name);
    if (before !== undefined) return before;
    const found = holds(name);
    known.set(name, found);
    return found;
  };
  return single;
}
