import { expect, test } from "vitest";
import type { Graph } from "../graph/graph.ts";
import { nodeOf } from "../graph/node.ts";
import { float32Tensor, toNumbers } from "../graph/tensor.ts";
import { constantOf, constantsOf } from "./constants.ts";

const read = (attributes: Parameters<typeof nodeOf>[3]): unknown => {
  const tensor = constantOf(nodeOf("Constant", [], ["c"], attributes));
  return tensor && [tensor.name, tensor.dtype, tensor.dims, toNumbers(tensor)];
};

test("a Constant node in each of its forms", () => {
  const value = float32Tensor("inner", [1, 2, 3, 4], [2, 2]);
  expect(read({ value: { type: "tensor", value } })).toEqual(["c", "float32", [2, 2], [1, 2, 3, 4]]);
  expect(read({ value_float: { type: "float", value: 0.5 } })).toEqual(["c", "float32", [], [0.5]]);
  expect(read({ value_floats: { type: "floats", value: [1, 2] } })).toEqual(["c", "float32", [2], [1, 2]]);
  expect(read({ value_int: 7 })).toEqual(["c", "int64", [], [7]]);
  expect(read({ value_ints: [3, 4] })).toEqual(["c", "int64", [2], [3, 4]]);
});

test("forms without numbers, and other nodes, are none", () => {
  expect(read({ value_string: "x" })).toBeUndefined();
  expect(constantOf(nodeOf("Identity", ["x"], ["c"]))).toBeUndefined();
});

test("the constants of a graph: parameters and Constant nodes", () => {
  const graph: Graph = {
    name: "",
    nodes: [nodeOf("Constant", [], ["c"], { value_int: 7 }), nodeOf("Relu", ["x"], ["y"])],
    inputs: [],
    outputs: [],
    parameters: new Map([["w", float32Tensor("w", [1])]]),
    opsets: new Map([["", 17]]),
  };
  expect([...constantsOf(graph).keys()]).toEqual(["w", "c"]);
});
