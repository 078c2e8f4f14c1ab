import type { Attribute } from "@prune/core";
import { expect, test } from "vitest";
import { bytes, f32, fixed32, int, model, node, output, raw, tensor, text } from "../../test/wire-bytes.ts";
import { readOnnx } from "./read-model.ts";

/** The attribute "a" of a node that has it, from the other fields of its AttributeProto. */
function attribute(...fields: readonly number[][]): Attribute | undefined {
  const file = model(node("Op", [], ["y"], bytes(5, text(1, "a"), ...fields)), output("y", []));
  return readOnnx(file).nodes[0]!.attributes["a"];
}

const FLOAT = 1,
  INT = 2,
  STRING = 3,
  TENSOR = 4,
  GRAPH = 5,
  FLOATS = 6,
  INTS = 7,
  STRINGS = 8;
const type = (number: number) => int(20, number);

test.each<[string, number[][], Attribute]>([
  ["float", [fixed32(2, 0.5), type(FLOAT)], { type: "float", value: 0.5 }],
  ["int", [int(3, -7), type(INT)], { type: "int", value: -7 }],
  ["string", [text(4, "SAME"), type(STRING)], { type: "string", value: "SAME" }],
  ["floats, unpacked", [fixed32(7, 1), fixed32(7, 2), type(FLOATS)], { type: "floats", value: [1, 2] }],
  ["floats, packed", [bytes(7, f32(1, 2)), type(FLOATS)], { type: "floats", value: [1, 2] }],
  ["ints, unpacked", [int(8, 1), int(8, -1), type(INTS)], { type: "ints", value: [1, -1] }],
  ["ints, packed", [bytes(8, [1, 2, 3]), type(INTS)], { type: "ints", value: [1, 2, 3] }],
  ["strings", [text(9, "a"), text(9, ""), type(STRINGS)], { type: "strings", value: ["a", ""] }],
  ["an empty list", [type(INTS)], { type: "ints", value: [] }],
])("%s", (_, fields, expected) => {
  expect(attribute(...fields)).toEqual(expected);
});

test("a tensor", () => {
  const t = attribute(bytes(5, tensor("", [2], 1, raw(...f32(1, 2)))), type(TENSOR));
  expect(t).toMatchObject({ type: "tensor", value: { dtype: "float32", dims: [2] } });
});

test("the body of an If or Loop is a graph", () => {
  const body = [...node("Relu", ["x"], ["z"]).slice(0), ...text(2, "then"), ...output("z", [2])];
  const file = model(
    node("Relu", ["y"], ["x"]),
    node("If", ["y"], ["w"], bytes(5, text(1, "a"), bytes(6, body), type(GRAPH))),
    node("Op", [], ["y"]),
    output("w", []),
  );
  const graph = readOnnx(file);
  expect(graph.nodes.map((n) => n.opType)).toEqual(["Op", "Relu", "If"]); // the If waits for x, which its body reads
  expect(graph.nodes[2]!.attributes["a"]).toMatchObject({
    type: "graph",
    value: { name: "then", nodes: [{ opType: "Relu" }] },
  });
});

test("a value that is left out has its default, as writers of proto3 have it", () => {
  expect(attribute(type(INT))).toEqual({ type: "int", value: 0 });
  expect(attribute(type(FLOAT))).toEqual({ type: "float", value: 0 });
  expect(attribute(type(STRING))).toEqual({ type: "string", value: "" });
});

test("files of the first versions do not state the type", () => {
  expect(attribute(int(3, 4))).toEqual({ type: "int", value: 4 });
  expect(attribute(bytes(8, [1, 2]))).toEqual({ type: "ints", value: [1, 2] });
  expect(attribute(fixed32(2, 4))).toEqual({ type: "float", value: 4 });
  expect(attribute(text(9, "s"))).toEqual({ type: "strings", value: ["s"] });
});

test.each<[string, number[][]]>([
  ["an integer beyond 2^53", [int(3, 2n ** 63n - 1n), type(INT)]],
  ["a list with one", [int(8, 1), int(8, -(2n ** 63n)), type(INTS)]],
  ["a string that is not text", [bytes(4, [0xff, 0x00]), type(STRING)]],
  ["a reference to a function's attribute", [text(21, "alpha"), type(FLOAT)]],
  ["a type", [bytes(14, bytes(1, int(1, 1))), type(13)]],
  ["a kind that does not exist yet", [int(3, 1), type(99)]],
])("%s is carried along raw", (_, fields) => {
  expect(attribute(...fields)).toEqual({ type: "raw", value: Uint8Array.from([...text(1, "a"), ...fields.flat()]) });
});

test("an attribute may have any name", () => {
  const file = model(node("Op", [], ["y"], bytes(5, text(1, "__proto__"), int(3, 1), type(INT))), output("y", []));
  expect(Object.entries(readOnnx(file).nodes[0]!.attributes)).toEqual([["__proto__", { type: "int", value: 1 }]]);
});
