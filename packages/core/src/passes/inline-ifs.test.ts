import { expect, test } from "vitest";
import type { Graph } from "../graph/graph.ts";
import { nodeOf, type Node } from "../graph/node.ts";
import { int64Tensor } from "../graph/tensor.ts";
import { inlineIfs } from "./inline-ifs.ts";

const empty: Graph = {
  name: "",
  nodes: [],
  inputs: [],
  outputs: [],
  parameters: new Map(),
  opsets: new Map([["", 17]]),
};
const info = (name: string) => ({ name, dtype: "float32", dims: undefined }) as const;
const branch = (output: string, ...nodes: Node[]): { readonly type: "graph"; readonly value: Graph } => ({
  type: "graph",
  value: { ...empty, nodes, outputs: [info(output)], parameters: new Map([["axes", int64Tensor("axes", [1])]]) },
});

/** y = (is x's second axis 1) ? squeeze(x) : x, with names in the branches that the graph has too. */
const graph: Graph = {
  ...empty,
  inputs: [info("x")],
  outputs: [info("y")],
  parameters: new Map([["axes", int64Tensor("axes", [7])]]),
  nodes: [
    nodeOf("Shape", ["x"], ["size"], { start: 1, end: 2 }),
    nodeOf("Equal", ["size", "axes"], ["same"]),
    nodeOf("If", ["same"], ["y"], {
      then_branch: branch("squeezed", nodeOf("Squeeze", ["x", "axes"], ["squeezed"])),
      else_branch: branch("size", nodeOf("Identity", ["x"], ["size"])),
    }),
  ],
};
const texts = ({ nodes }: Graph): string[] =>
  nodes.map((n) => `${n.opType}(${n.inputs.join(", ")}) -> ${n.outputs.join()}`);

test("the branch that is always taken stands in the place of its If, under names of its own", () => {
  const taken = inlineIfs(graph, new Map([["size", [7]], ["same", [1]]])); // prettier-ignore
  expect(texts(taken).slice(2)).toEqual(["Squeeze(x, axes/inlined1) -> squeezed", "Identity(squeezed) -> y"]);
  expect([...taken.parameters.keys()]).toEqual(["axes", "axes/inlined1"]);
  const other = inlineIfs(graph, new Map([["size", [8]], ["same", [0]]])); // prettier-ignore
  expect(texts(other).slice(2)).toEqual(["Identity(x) -> size/inlined1", "Identity(size/inlined1) -> y"]);
});

test("a comparison with a size that varies is none that is always the same", () => {
  expect(inlineIfs(graph, new Map([["same", [0]]]))).toBe(graph);
  expect(inlineIfs(graph, new Map())).toBe(graph);
});

test("names that inner bodies capture are renamed with the rest", () => {
  const inner = branch("out", nodeOf("Neg", ["size"], ["out"]));
  const outer = branch("z", nodeOf("Relu", ["x"], ["size"]), nodeOf("If", ["unknown"], ["z"], { then_branch: inner, else_branch: inner })); // prettier-ignore
  const nested: Graph = {
    ...graph,
    nodes: [...graph.nodes.slice(0, 2), nodeOf("If", ["same"], ["y"], { then_branch: outer, else_branch: outer })],
  };
  const inlined = inlineIfs(nested, new Map([["size", [7]], ["same", [1]]])); // prettier-ignore
  expect(texts(inlined).slice(2)).toEqual(["Relu(x) -> size/inlined1", "If(unknown) -> z", "Identity(z) -> y"]);
  const body = inlined.nodes[3]!.attributes["then_branch"];
  expect(body?.type === "graph" && texts(body.value)).toEqual(["Neg(size/inlined1) -> out"]);
});
