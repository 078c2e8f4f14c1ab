import type { DType } from "../graph/dtype.ts";
import type { Graph } from "../graph/graph.ts";
import { nodeOf, withAttributes, type Node } from "../graph/node.ts";
import { floatTensor, int64Tensor, type Tensor } from "../graph/tensor.ts";
import type { CutContext } from "../ops/define-op.ts";
import type { Analysis } from "../solver/analyze.ts";
import { constantOf } from "../solver/constants.ts";
import type { Shuffle } from "../solver/shuffles.ts";
import type { Cut } from "./cut.ts";
import { keepSlices } from "./slice.ts";
import { narrowed } from "./narrowed.ts";
import { reshare } from "./reshare.ts";

/** The graph without what the cut removes: weights sliced, attributes and shape constants rewritten. */
export function applyCut(analysis: Analysis, cut: Cut): Graph {
  const { graph, lookup, operands, space } = analysis;
  if (![...cut.removed.values()].some((gone) => gone.includes(1))) return analysis.original;
  const parameters = new Map<string, Tensor>();
  for (const [name, tensor] of graph.parameters) {
    const axes = cut.axesOf(name);
    parameters.set(name, axes.size ? keepSlices(tensor, axes) : tensor);
  }
  const fresh = freshNames(graph);
  const constants = constantAdder(parameters, fresh);
  const shuffled = new Map(
    space.shuffles.filter((s) => isCut(s, analysis, cut)).flatMap((s) => s.nodes.map((n) => [n, s] as const)),
  );

  const nodes = graph.nodes.flatMap((node): readonly Node[] => {
    const shuffle = shuffled.get(node);
    if (shuffle) return gathers(shuffle, node, analysis, cut, constants.int64, fresh);
    const tensor = constantOf(node);
    if (tensor) return [cutConstant(node, tensor, cut)];
    const rule = lookup(node)?.cut;
    if (!rule || ![...node.inputs, ...node.outputs].some((name) => cut.axesOf(name).size)) return [node];
    const context: CutContext = {
      ...operands.contextOf(node),
      kept: (axis) => cut.kept(axis),
      keptFactor: (name) => cut.keptFactor(node, name),
      ...constants,
      fresh,
    };
    return rule(context) ?? [node];
  });
  const [inputs, outputs] = [graph.inputs, graph.outputs].map((values) => values.map((v) => narrowed(v, cut)));
  return reshare({ ...graph, nodes, parameters, inputs: inputs!, outputs: outputs! }, analysis, cut);
}

function cutConstant(node: Node, tensor: Tensor, cut: Cut): Node {
  const axes = cut.axesOf(tensor.name);
  if (!axes.size) return node;
  const value = { ...keepSlices(tensor, axes), name: "" };
  const none = { value_float: undefined, value_floats: undefined, value_int: undefined, value_ints: undefined };
  return withAttributes(node, { ...none, value: { type: "tensor", value } });
}

const isCut = (shuffle: Shuffle, analysis: Analysis, cut: Cut): boolean =>
  shuffle.exits.some((e) => e.axes.some(({ axis }) => !cut.kept(analysis.operands.of(e.value)!.axis(axis)).whole));

/** What stands in a cut shuffle's place: for each exit that `node` yields, the kept slices in their new order. */
function gathers(
  shuffle: Shuffle,
  node: Node,
  { operands }: Analysis,
  cut: Cut,
  int64: CutContext["int64"],
  fresh: (hint: string) => string,
): Node[] {
  const exit = shuffle.exits.find((e) => e.value === node.outputs[0]);
  if (!exit) return [];
  const axes = exit.axes.length ? exit.axes : [{ axis: 0, indices: operands.of(exit.value)!.dims.map((_, i) => i) }];
  let from = shuffle.root;
  return axes.map(({ axis, indices }, i) => {
    const source = cut.kept(operands.of(shuffle.root)!.axis(axis));
    const position = new Map(Array.from(source.indices, (index, at) => [index, at]));
    const positions = Array.from(cut.kept(operands.of(exit.value)!.axis(axis)).indices, (index) =>
      position.get(indices[index]!)!,
    );
    const to = i === axes.length - 1 ? exit.value : fresh("shuffle");
    const gather = nodeOf("Gather", [from, int64(positions)], [to], { axis }, i === axes.length - 1 ? node.name : "");
    from = to;
    return gather;
  });
}

/** Makes names that no value of the graph has. */
function freshNames(graph: Graph): (hint: string) => string {
  const taken = new Set([
    ...graph.parameters.keys(),
    ...graph.inputs.map((v) => v.name),
    ...graph.nodes.flatMap((n) => n.outputs),
  ]);
  let count = 0;
  return (hint) => {
    let name: string;
    do name = `pruned/${hint}_${count++}`;
    while (taken.has(name));
    taken.add(name);
    return name;
  };
}

function constantAdder(
  parameters: Map<string, Tensor>,
  fresh: (hint: string) => string,
): Pick<CutContext, "int64" | "float"> {
  const known = new Map<string, string>();
  return {
    int64: (values, dims = [values.length]) => {
      const key = `${dims.join()}:${Array.from(values).join()}`;
      let name = known.get(key);
      if (name === undefined) {
        known.set(key, (name = fresh("int64")));
        parameters.set(name, int64Tensor(name, values, dims));
      }
      return name;
    },
    float: (like: DType, values, dims = [values.length]) => {
      const name = fresh("float");
      parameters.set(name, floatTensor(name, like, values, dims));
      return name;
    },
  };
}
