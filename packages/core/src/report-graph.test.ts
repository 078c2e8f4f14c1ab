import { expect, test } from "vitest";
import { editGraph } from "./plan/edits.ts";
import { graphReport } from "./report-graph.ts";
import { analyzeNetwork } from "./testing/analyze-network.ts";
import { Network } from "./testing/network.ts";

test("lists what carries data, with the layers and what each reads; shape arithmetic and constants stay out", async () => {
  const net = new Network();
  const x = net.input("x", ["batch", 4]);
  const a = net.relu(net.gemm("a", x, 6));
  const shape = net.op("Shape", [a], {}, [2], "shape");
  const b = net.op("Reshape", [net.relu(net.gemm("b", a, 6)), shape], {}, undefined, "same");
  const analysis = await analyzeNetwork(net, net.gemm("c", net.add(a, b), 2));
  const whole = graphReport(analysis, analysis.graph);
  expect(whole.map(({ name, opType, from, layer }) => [name, opType, from, layer])).toEqual([
    ["x", "Input", [], undefined],
    ["a", "Gemm", [0], 0],
    [expect.any(String), "Relu", [1], undefined],
    ["b", "Gemm", [2], 1],
    [expect.any(String), "Relu", [3], undefined],
    ["same", "Reshape", [4], undefined],
    [expect.any(String), "Add", [2, 5], undefined],
    ["c", "Gemm", [6], 2],
    ["c", "Output", [7], undefined],
  ]);
  expect(whole.some((node) => node.removed)).toBe(false);

  const relu = analysis.graph.nodes.find((n) => n.inputs[0] === "a")!.outputs[0]!;
  const without = graphReport(analysis, editGraph(analysis.graph, { bypassed: new Map([["same", relu]]) }));
  expect(without.flatMap(({ opType, removed }) => (removed ? [opType] : []))).toEqual(["Gemm", "Relu", "Reshape"]);
});
