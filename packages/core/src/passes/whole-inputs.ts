import type { Graph, ValueInfo } from "../graph/graph.ts";
import { nodeOf, type Node } from "../graph/node.ts";
import { int64Tensor, type Tensor } from "../graph/tensor.ts";

/**
 * The graph with inputs as wide as those of the network that it was cut from, of which it takes the slices that are left
 * by itself: so that both can be fed the same. The rest of it is as it was.
 */
export function withWholeInputs(graph: Graph): Graph {
  const cut = graph.inputs.filter((v) => v.kept);
  if (!cut.length) return graph;
  const parameters = new Map<string, Tensor>(graph.parameters);
  const own = (name: string): string => `${name}:kept`;
  const gathers = cut.flatMap(({ name, kept }): Node[] => {
    const axes = [...kept!];
    return axes.map(([axis, indices], i) => {
      const list = int64Tensor(`${own(name)}:${axis}`, indices);
      parameters.set(list.name, list);
      const [from, to] = [i === 0 ? name : `${own(name)}${i}`, i === axes.length - 1 ? own(name) : `${own(name)}${i + 1}`]; // prettier-ignore
      return nodeOf("Gather", [from, list.name], [to], { axis });
    });
  });
  const names = new Set(cut.map((v) => v.name));
  const nodes = graph.nodes.map((node) => ({ ...node, inputs: node.inputs.map((name) => (names.has(name) ? own(name) : name)) })); // prettier-ignore
  const inputs = graph.inputs.map(({ kept, ...v }): ValueInfo => ({ ...v, dims: v.dims?.map((d, axis) => (kept?.has(axis) ? undefined : d)) })); // prettier-ignore
  return { ...graph, nodes: [...gathers, ...nodes], inputs, parameters };
}
