import assert from "node:assert/strict";
import { test } from "node:test";
import { onnxruntimeNode, ortRuntime } from "@prune/backend-onnx/node";
import type { Graph, Runtime } from "@prune/core";
import { checkOperator, checkPlugin, Network } from "@prune/core/testing";
import { myThing, plugin } from "./index.ts";

const { type, domain = "" } = myThing;
const onnx = ortRuntime(onnxruntimeNode);

/** ONNX Runtime does not have the operator, so that one stands in which it has: replace it with what yours computes. */
const runtime: Runtime = {
  name: "stand-in",
  open: (graph, options) => {
    const nodes = graph.nodes.map((node) =>
      node.domain === domain ? { ...node, domain: "", opType: "HardSwish" } : node,
    );
    return onnx.open({ ...graph, nodes, opsets: new Map([["", graph.opsets.get("")!]]) }, options);
  },
};

/** A network with the operator between two layers. */
function between(
  layer: (net: Network, name: string, x: string, to: number) => string,
  dims: readonly (string | number)[],
): Graph {
  const net = new Network();
  const graph = net.graph(layer(net, "b", net.op(type, [layer(net, "a", net.input("x", dims), 8)]), 4));
  const nodes = graph.nodes.map((node) => (node.opType === type ? { ...node, domain } : node));
  return { ...graph, nodes, opsets: new Map([...graph.opsets, [domain, 1]]) };
}

test("keeps the laws of an operator: what is cut around it computes what the masked network does", async () => {
  const examples = [
    { name: "dense", graph: between((net, ...layer) => net.gemm(...layer), ["batch", 3]) },
    { name: "convolutions", graph: between((net, ...layer) => net.conv(...layer), ["batch", 3, 6, 6]) },
  ];
  assert.deepEqual(await checkOperator(myThing, examples, runtime), []);
});

test("is a plug-in", () => {
  assert.deepEqual(checkPlugin(plugin), []);
});
