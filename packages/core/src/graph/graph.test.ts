import { expect, test } from "vitest";
import { capturedNames, consumersOf, opsetOf, producersOf, type Graph } from "./graph.ts";
import { nodeOf } from "./node.ts";
import { float32Tensor } from "./tensor.ts";

const graph = (parts: Partial<Graph>): Graph => ({
  name: "",
  nodes: [],
  inputs: [],
  outputs: [],
  parameters: new Map(),
  opsets: new Map([["", 17]]),
  ...parts,
});
const value = (name: string) => ({ name, dtype: "float32", dims: [] }) as const;

/** Reads "outer" and "late" from outside; "in", "w" and "mid" are its own. */
const body = graph({
  inputs: [value("in")],
  parameters: new Map([["w", float32Tensor("w", [1])]]),
  nodes: [nodeOf("Add", ["in", "outer"], ["mid"]), nodeOf("Mul", ["mid", "w"], ["end"])],
  outputs: [value("end"), value("late")],
});

test("what the body of a node reads from outside", () => {
  const inner = nodeOf("If", ["c"], ["y"], { then_branch: { type: "graph", value: body } });
  expect(capturedNames(inner)).toEqual(["outer", "late"]);
  const nested = graph({ nodes: [inner], outputs: [value("y")] });
  const outer = nodeOf("Loop", ["n"], ["z"], { body: { type: "graph", value: nested } });
  expect(capturedNames(outer)).toEqual(["c", "outer", "late"]);
});

test("who reads a value, once each, bodies too", () => {
  const nodes = [
    nodeOf("Mul", ["x", "x"], ["a"]),
    nodeOf("If", ["a"], ["b"], { then_branch: { type: "graph", value: body } }),
    nodeOf("Clip", ["a", "", "x"], ["c"]),
  ];
  const consumers = consumersOf(graph({ nodes }));
  const names = (value: string): string[] | undefined => consumers.get(value)?.map((n) => n.outputs[0]!);
  expect([names("x"), names("a"), names("outer"), names("")]).toEqual([["a", "c"], ["b", "c"], ["b"], undefined]);
});

test("who makes a value; outputs that nobody asked for are made by nobody", () => {
  const split = nodeOf("Split", ["x"], ["a", "", "b"]);
  expect([...producersOf(graph({ nodes: [split] }))]).toEqual([
    ["a", split],
    ["b", split],
  ]);
});

test("versions of operator sets", () => {
  expect(opsetOf(graph({}))).toBe(17);
  expect(opsetOf(graph({ opsets: new Map([["ai.onnx", 13]]) }))).toBe(13);
  expect(opsetOf(graph({ opsets: new Map([["com.x", 3]]) }), "com.x")).toBe(3);
  expect(opsetOf(graph({ opsets: new Map() }), "com.y")).toBe(1);
});
