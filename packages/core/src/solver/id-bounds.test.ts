import { expect, test } from "vitest";
import type { Graph } from "../graph/graph.ts";
import { nodeOf } from "../graph/node.ts";
import { float32Tensor, int64Tensor } from "../graph/tensor.ts";
import { idBounds } from "./id-bounds.ts";
import { sampleInputs } from "./sample-inputs.ts";

const table = (name: string, rows: number) => float32Tensor(name, new Float32Array(rows * 2), [rows, 2]);

/** Two columns of one input look up tables of 5 and 3 rows, behind Casts; another input looks up nothing. */
const graph: Graph = {
  name: "",
  inputs: [
    { name: "columns", dtype: "int32", dims: [4, 2] },
    { name: "scale", dtype: "int64", dims: [1] },
    { name: "x", dtype: "float32", dims: [1] },
  ],
  nodes: [
    nodeOf("Cast", ["columns"], ["ids"], { to: 7 }),
    nodeOf("Gather", ["ids", "first"], ["a"], { axis: 1 }),
    nodeOf("Gather", ["ids", "second"], ["b"], { axis: 1 }),
    nodeOf("Gather", ["five", "a"], ["y"]),
    nodeOf("Gather", ["three", "b"], ["z"]),
    nodeOf("Gather", ["two", "length"], ["w"]),
    nodeOf("Shape", ["ids"], ["length"]),
    nodeOf("Mul", ["scale", "scale"], ["square"]),
  ],
  outputs: [],
  parameters: new Map([table("five", 5), table("three", 3), table("two", 2), int64Tensor("first", [0], []), int64Tensor("second", [1], [])].map((t) => [t.name, t])), // prettier-ignore
  opsets: new Map([["", 17]]),
};

test("an input of ids is bounded by the smallest table that any of them looks up, sizes aside", () => {
  expect([...idBounds(graph)]).toEqual([["columns", 3]]);
});

test("samples stay within it", () => {
  const { columns, scale } = sampleInputs(graph);
  expect([...(columns!.data as Int32Array)]).toEqual([1, 2, 2, 0, 0, 1, 1, 2]);
  expect([...(scale!.data as BigInt64Array)]).toEqual([1n]);
});
