import { onnxModel } from "@prune/backend-onnx";
import { type Analysis, analyzeModel, type Graph, toFloat32 } from "@prune/core";
import { Network } from "@prune/core/testing";
import { describe, expect, test } from "vitest";
import { gradientGraph, groupLasso, type Loss, scaleL1 } from "../src/index.ts";
import { runtime } from "./node-graph.ts";

/** What a penalty and its gradients are for a graph's values; the graph's input does not matter. */
async function penalty(graph: Graph, analysis: Analysis, make: (analysis: Analysis) => Loss, dims: readonly number[]) {
  const made = await gradientGraph({ graph, runtime, dims: { x: dims }, loss: make(analysis) });
  const size = dims.reduce((a, b) => a * b, 1);
  const session = await runtime.open(made.graph);
  const results = await session.run({ x: { dtype: "float32", dims, data: new Float32Array(size) } });
  await session.release();
  const gradients = new Map([...made.weights].map(([name, output]) => [name, results[output]!.data as Float32Array]));
  return { value: Number(results[made.loss]!.data[0]), gradients };
}

const withValue = (graph: Graph, name: string, at: number, by: number): Graph => {
  const tensor = graph.parameters.get(name)!;
  const values = toFloat32(tensor).slice();
  values[at]! += by;
  const changed = { ...tensor, bytes: () => new Uint8Array(values.buffer) };
  return { ...graph, parameters: new Map([...graph.parameters, [name, changed]]) };
};

const analysisOf = (graph: Graph): Promise<Analysis> => analyzeModel(onnxModel(graph, { runtime }));

describe("by hand", () => {
  test("group lasso: the norms of rows of the first layer with columns of the second", async () => {
    const net = new Network();
    const dense = (name: string, x: string, rows: number[][]): string =>
      net.op("Gemm", [x, net.weight(name, [rows.length, 2], rows.flat())], { transB: 1 }, ([n] = []) => [n!, rows.length]); // prettier-ignore
    const graph = net.graph(dense("b", net.relu(dense("a", net.input("x", ["batch", 2]), [[2, 1], [0, 0]])), [[2, 0]])); // prettier-ignore
    const { value, gradients } = await penalty(graph, await analysisOf(graph), groupLasso, [1, 2]);
    // √(2² + 1² + 2²) = 3 and 0; the slope of a weight is its share of the norm, and 0 at 0.
    expect(value).toBeCloseTo(3, 5);
    expect([...gradients.get("a")!].map((g) => Math.round(3e4 * g) / 1e4)).toEqual([2, 1, 0, 0]);
    expect([...gradients.get("b")!].map((g) => Math.round(3e4 * g) / 1e4)).toEqual([2, 0]);
  });

  test("scales of normalisation: the sum of |γ|, whose slope is a sign", async () => {
    const net = new Network();
    const scale = net.weight("scale", [3], [2, -0.5, 0]);
    const [bias, mean, variance] = ["bias", "mean", "var"].map((name) => net.weight(name, [3], 1));
    const conv = net.conv("a", net.input("x", ["batch", 2, 4, 4]), 3);
    const normal = net.op("BatchNormalization", [conv, scale, bias!, mean!, variance!]);
    const graph = net.graph(net.conv("b", net.relu(normal), 2));
    const { value, gradients } = await penalty(graph, await analysisOf(graph), scaleL1, [1, 2, 4, 4]);
    expect(value).toBeCloseTo(2.5, 6);
    expect([...gradients.entries()].map(([name, g]) => [name, [...g]])).toEqual([["scale", [1, -1, 0]]]);
  });
});

/** Convolutions in blocks, flattened channels, a shortcut, heads. */
const networks: Record<string, (net: Network) => { y: string; dims: number[] }> = {
  "channels that are flattened": (net) => {
    const a = net.relu(net.conv("a", net.input("x", ["batch", 2, 2, 2]), 6, { size: 3 }));
    return { y: net.gemm("f", net.reshape(a, [0, 24]), 3), dims: [1, 2, 2, 2] };
  },
  "a shortcut, and convolutions in blocks": (net) => {
    const a = net.relu(net.conv("a", net.input("x", ["batch", 3, 4, 4]), 8, { size: 3 }));
    const b = net.conv("c", net.relu(net.conv("b", a, 8, { group: 2 })), 8);
    return { y: net.conv("d", net.relu(net.add(a, b)), 2), dims: [1, 3, 4, 4] };
  },
  heads: (net) => {
    const x = net.input("x", ["batch", 5, 6]);
    const [q, k, v] = ["q", "k", "v"].map((name) => net.reshape(net.linear(name, x, 12), [0, 0, 3, 4]));
    const scores = net.matMul(net.transpose(q!, [0, 2, 1, 3]), net.transpose(k!, [0, 2, 3, 1]));
    const mixed = net.matMul(net.op("Softmax", [scores]), net.transpose(v!, [0, 2, 1, 3]));
    return { y: net.linear("out", net.reshape(net.transpose(mixed, [0, 2, 1, 3]), [0, 0, 12]), 3), dims: [1, 5, 6] };
  },
};

test.each(Object.keys(networks))("the gradient of group lasso agrees with differences: %s", async (name) => {
  const net = new Network();
  const { y, dims } = networks[name]!(net);
  const graph = net.graph(y);
  const analysis = await analysisOf(graph);
  const { gradients } = await penalty(graph, analysis, groupLasso, dims);
  expect(gradients.size).toBeGreaterThan(1);
  for (const [tensor, gradient] of gradients) {
    for (const at of [0, gradient.length >> 1, gradient.length - 1]) {
      const [above, below] = [withValue(graph, tensor, at, 1e-2), withValue(graph, tensor, at, -1e-2)];
      const values = [await penalty(above, analysis, groupLasso, dims), await penalty(below, analysis, groupLasso, dims)];
      const difference = (values[0]!.value - values[1]!.value) / 2e-2;
      expect([tensor, at, Math.abs(difference - gradient[at]!) < 3e-3 || [difference, gradient[at]]]).toEqual([tensor, at, true]);
    }
  }
}, 60_000); // prettier-ignore

test("what there is nothing of is an error", async () => {
  const net = new Network();
  const graph = net.graph(net.gemm("a", net.input("x", ["batch", 2]), 3));
  const analysis = await analysisOf(graph);
  expect(() => groupLasso(analysis)).toThrow("There is nothing for group-lasso to act on: no unit may be cut.");
  expect(() => scaleL1(analysis)).toThrow("which exporters fold into weights. Choose another regulariser.");
});
