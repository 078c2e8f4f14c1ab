import { analyzeModel } from "@prune/core";
import { expect, test } from "vitest";
import { loadOnnxBytes, onnxruntimeNode } from "../src/node/index.ts";
import { bytes, f32, i64, initializer, input, int, model, node, output, raw, text, value } from "./wire-bytes.ts";

/** A ValueInfoProto of a sequence of float32 tensors, without the tag. */
const sequence = (name: string): number[] => [...text(1, name), ...bytes(2, bytes(4, bytes(1, bytes(1, int(1, 1)))))];

test("a Loop that carries a sequence is a barrier; what lies before it and does not reach it is cut", async () => {
  const body = [
    text(2, "body"),
    node("SequenceInsert", ["s", "h"], ["s.next"]),
    node("Identity", ["go"], ["go.next"]),
    bytes(11, value("i", [], 7)),
    bytes(11, value("go", [], 9)),
    bytes(11, sequence("s")),
    bytes(12, value("go.next", [], 9)),
    bytes(12, sequence("s.next")),
  ];
  const weights = (name: string, from: number, to: number): number[] =>
    initializer(name, [from, to], 1, raw(...f32(...Array.from({ length: from * to }, (_, i) => Math.sin(i)))));
  const file = model(
    node("MatMul", ["x", "w"], ["hidden"]),
    node("MatMul", ["hidden", "v"], ["h"]),
    node("SequenceEmpty", [], ["empty"]),
    node("Loop", ["times", "", "empty"], ["many"], bytes(5, text(1, "body"), bytes(6, ...body), int(20, 5))),
    node("ConcatFromSequence", ["many"], ["y"], bytes(5, text(1, "axis"), int(3, 0), int(20, 2))),
    weights("w", 4, 8),
    weights("v", 8, 4),
    initializer("times", [], 7, raw(...i64(3))),
    input("x", ["n", 4]),
    output("y", ["m", 4]),
  );
  const { groups, shapes } = await analyzeModel(loadOnnxBytes(file, { ort: onnxruntimeNode }));
  expect(shapes.canonical.get("y")).toEqual([3, 4]);
  expect(shapes.canonical.has("many")).toBe(false);
  expect(groups.map((g) => [g.id, g.size, g.blocked?.reason])).toEqual([
    ["w#2", 4, 'is graph input "x"'],
    ["w", 8, undefined],
    ["v", 4, 'reaches Loop "many", an operator without a rule'],
  ]);
});
