import { type Graph, nodeOf, type ValueInfo } from "@prune/core";
import { Network } from "@prune/core/testing";
import { expect, test } from "vitest";
import { partOf } from "./part-of.ts";

const info = (name: string): ValueInfo => ({ name, dtype: "float32", dims: [2] });

/** y = relu(x · a) + b, beside z = x − c, which nothing reads. */
function twoBranches(): Graph {
  const net = new Network();
  net.input("x", [2]);
  net.op("Mul", ["x", net.weight("a", [2])], {}, [2], "scaled");
  net.op("Relu", ["scaled"], {}, [2], "positive");
  net.op("Sub", ["x", net.weight("c", [2])], {}, [2], "z");
  net.op("Add", ["positive", net.weight("b", [2])], {}, [2], "y");
  return net.graph("y");
}
const outputsOf = ({ nodes }: Graph): string[] => nodes.flatMap((node) => node.outputs);

test("what the outputs do not need is left out", () => {
  const part = partOf(twoBranches());
  expect(outputsOf(part)).toEqual(["scaled", "positive", "y"]);
  expect([...part.parameters.keys()]).toEqual(["a", "b"]);
});

test("a value that is given becomes an input, and what only it needed goes", () => {
  const part = partOf(twoBranches(), [info("positive"), info("b")]);
  expect(outputsOf(part)).toEqual(["y"]);
  expect(part.inputs.map(({ name }) => name)).toEqual(["x", "positive", "b"]);
  expect([...part.parameters.keys()]).toEqual([]);
});

test("what a body captures is needed", () => {
  const body: Graph = { ...twoBranches(), inputs: [], nodes: [nodeOf("Neg", ["positive"], ["n"])], outputs: [info("n")], parameters: new Map() }; // prettier-ignore
  const branch = { type: "graph", value: body } as const;
  const graph = twoBranches();
  const choice = nodeOf("If", ["z"], ["chosen"], { then_branch: branch, else_branch: branch });
  const part = partOf({ ...graph, nodes: [...graph.nodes, choice], outputs: [info("chosen")] });
  expect(outputsOf(part)).toEqual(["scaled", "positive", "z", "chosen"]);
});
