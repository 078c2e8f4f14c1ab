import { isFloat, type DType } from "../graph/dtype.ts";
import type { Graph } from "../graph/graph.ts";
import { nodeOf, withAttributes, type Node } from "../graph/node.ts";
import { int64Tensor, tensorOf, type Tensor } from "../graph/tensor.ts";
import type { CutContext } from "../ops/define-op.ts";
import type { Analysis } from "../solver/analyze.ts";
import { constantOf } from "../solver/constants.ts";
import type { Shuffle } from "../solver/shuffles.ts";
import type { Cut } from "./cut.ts";
import { keepSlices } from "./slice.ts";
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
  return reshare({ ...graph, nodes, parameters }, analysis, cut);
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
      if (!isFloat(like)) throw new TypeError(`${like} is not a float type`);
      parameters.set(name, tensorOf(name, like, dims, floatBytes(like, values)));
      return name;
    },
  };
}

function floatBytes(dtype: DType, values: ArrayLike<number>): Uint8Array {
  if (dtype === "float64") return new Uint8Array(Float64Array.from(values).buffer);
  const single = Float32Array.from(values);
  if (dtype === "float32") return new Uint8Array(single.buffer);
  const bits = new Uint32Array(single.buffer);
  if (dtype === "bfloat16")
    return new Uint8Array(Uint16Array.from(bits, (b) => (b + 0x7fff + ((b >>> 16) & 1)) >>> 16).buffer);
  return new Uint8Array(Uint16Array.from(single, halfBits).buffer);
}

/** The nearest half-precision number, as bits (normal range; smaller magnitudes become zero). */
function halfBits(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (Number.isNaN(magnitude)) return 0x7e00;
  if (magnitude >= 65520) return sign | 0x7c00;
  if (magnitude < 2 ** -14) return sign | Math.round(magnitude * 2 ** 24);
  const exponent = Math.floor(Math.log2(magnitude));
  return sign | (((exponent + 15) << 10) + Math.round((magnitude / 2 ** exponent - 1) * 1024));
}
