import { expect, test } from "vitest";
import { Network } from "../testing/network.ts";
import { operandsOf } from "./operands.ts";

const net = new Network();
const x = net.input("x", ["batch", 6]);
const w = net.op("Transpose", [net.weight("w", [4, 6])], { perm: [1, 0] }, [6, 4]);
const y = net.op("Gemm", [x, w, ""], {}, ([n] = []) => [n!, 4]);
const shape = net.op("Reshape", [y, net.ints([-1, 2, 2])], {}, [2, 2, 2]);
const graph = net.graph(shape);
const operands = operandsOf(graph, net.shapes(graph));

test("sizes, and which of them depend on the input", () => {
  const operand = operands.of(y)!;
  expect([operand.dims, operand.rank, operand.dim(-1)]).toEqual([[2, 4], 2, 4]);
  expect([operand.isDynamic(0), operand.isDynamic(-1)]).toEqual([true, false]);
  expect(operand.axis(-1)).toEqual({ value: y, axis: 1 });
});

test("what is computed from constants alone is a weight, if one of them is a float", () => {
  expect(["w", w, x, y, "ints_-1_2_2"].map((name) => operands.of(name)!.isWeight)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});

test("constants and integers", () => {
  expect(operands.of("w")!.tensor).toBe(graph.parameters.get("w"));
  expect(operands.of(w)!.tensor).toBeUndefined();
  expect(operands.of("ints_-1_2_2")!.ints).toEqual([-1, 2, 2]);
});

test("what a node's rules see: undefined where an input is left out, one operand per value", () => {
  const context = operands.contextOf(graph.nodes[1]!);
  expect(context.in.map((o) => o?.name)).toEqual([x, w, undefined]);
  expect(context.in[0]).toBe(operands.of(x));
  expect(context.opset).toBe(17);
});

test("a value of unknown shape has no operand", () => {
  const shapes = net.shapes(graph);
  const known = operandsOf(graph, { ...shapes, wide: new Map([...shapes.wide].filter(([name]) => name !== y)) });
  expect(known.of(y)).toBeUndefined();
});
