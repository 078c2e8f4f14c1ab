import { expect, test } from "vitest";
import type { Graph } from "../graph/graph.ts";
import { nodeOf } from "../graph/node.ts";
import type { OpHandler } from "../ops/define-op.ts";
import { handlersFor } from "./handlers.ts";

const graph = (...opsets: [string, number][]): Graph => ({
  name: "",
  nodes: [],
  inputs: [],
  outputs: [],
  parameters: new Map(),
  opsets: new Map(opsets),
});
const odd = (since: number, domain?: string): OpHandler => ({ type: "Odd", since, ...(domain ? { domain } : {}) });
const node = nodeOf("Odd", [], ["y"]);

test("the newest rule that is not newer than the graph's opset wins, in whatever order they come", () => {
  const rules = [odd(13), odd(1), odd(18)];
  expect(handlersFor(graph(["", 17]), rules)(node)).toBe(rules[0]);
  expect(handlersFor(graph(["", 12]), rules)(node)).toBe(rules[1]);
  expect(handlersFor(graph(["", 18]), rules)(node)).toBe(rules[2]);
});

test("domains are apart, and count their versions by themselves", () => {
  const rule = odd(2, "com.x");
  const lookup = handlersFor(graph(["", 17], ["com.x", 2]), [rule]);
  expect(lookup(node)).toBeUndefined();
  expect(lookup({ ...node, domain: "com.x" })).toBe(rule);
  expect(handlersFor(graph(["", 17], ["com.x", 1]), [rule])({ ...node, domain: "com.x" })).toBeUndefined();
});

test('"ai.onnx" is ONNX\'s own domain, spelled out', () => {
  const relu = nodeOf("Relu", ["x"], ["y"]);
  const lookup = handlersFor(graph(["ai.onnx", 17]));
  expect(lookup(relu)?.type).toBe("Relu");
  expect(lookup({ ...relu, domain: "ai.onnx" })).toBe(lookup(relu));
});

test("a rule of the caller's wins over core's", () => {
  const relu: OpHandler = { type: "Relu" };
  expect(handlersFor(graph(["", 17]), [relu])(nodeOf("Relu", ["x"], ["y"]))).toBe(relu);
});

test("an operator that nobody described has no rule", () => {
  expect(handlersFor(graph(["", 17]))(node)).toBeUndefined();
});
