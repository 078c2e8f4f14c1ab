import { type Graph, nodeOf, type Node, sizeOf, tensorOf, type Tensor, type ValueInfo } from "@prune/core";

/**
 * The first step and the later ones in one network, as optimum merges them: an If on `use_cache_branch` whose branches
 * read weights of the graph around it, while scalars and lists of integers stay in the branches. For what later steps do
 * not yield anew, their branch has constants without elements.
 * @param weights whether branches read the same tensors, or each holds all of its own
 */
export function merged(first: Graph, next: Graph, weights: "shared" | "twice" = "shared"): Graph {
  const all = new Map<string, Tensor>([...first.parameters, ...next.parameters]);
  const inside = ({ dims, dtype }: Tensor): boolean => weights === "twice" || !dims.length || (dims.length === 1 && dtype === "int64"); // prettier-ignore
  const outer = [...all.values()].filter((tensor) => !inside(tensor));
  const outerName = new Map(outer.map(({ name }) => [name, `${name}_merged_0`]));
  const branch = (graph: Graph): Graph => {
    const own = new Set(graph.outputs.map((v) => v.name));
    const missing = first.outputs.filter((v) => !own.has(v.name));
    const nodes = graph.nodes.map((n) => ({ ...n, inputs: n.inputs.map((name) => outerName.get(name) ?? name) }));
    const parameters = new Map([...graph.parameters].filter(([, tensor]) => inside(tensor)));
    return { ...graph, inputs: [], nodes: [...nodes, ...missing.map(empty)], outputs: first.outputs, parameters };
  };
  const flag: ValueInfo = { name: "use_cache_branch", dtype: "bool", dims: [1] };
  // Its length is that of the steps in one branch, and of these and the past in the other.
  const own = (v: ValueInfo): ValueInfo => (v.name === "attention_mask" ? { ...v, dims: ["batch", "attention_mask_sequence_length"] } : v); // prettier-ignore
  const inputs = new Map([...first.inputs, ...next.inputs].map((v) => [v.name, own(v)]));
  const attributes = {
    then_branch: { type: "graph", value: branch(next) },
    else_branch: { type: "graph", value: branch(first) },
  } as const;
  return {
    ...next,
    nodes: [nodeOf("If", [flag.name], first.outputs.map((v) => v.name), attributes, "merged/If")], // prettier-ignore
    inputs: [...inputs.values(), flag],
    outputs: next.outputs.length < first.outputs.length ? first.outputs : next.outputs,
    parameters: new Map(outer.map((tensor) => [outerName.get(tensor.name)!, { ...tensor, name: outerName.get(tensor.name)! }])), // prettier-ignore
  };
}

/** A constant that has none of the first of its dynamic axes. */
function empty({ name, dims }: ValueInfo): Node {
  const first = dims!.findIndex((d) => typeof d === "string");
  const sizes = dims!.map((d, axis) => (typeof d === "number" ? d : Number(axis !== first)));
  const value = tensorOf("", "float32", sizes, new Uint8Array(4 * sizeOf(sizes)));
  return nodeOf("Constant", [], [name], { value: { type: "tensor", value } }, `${name}/empty`);
}
