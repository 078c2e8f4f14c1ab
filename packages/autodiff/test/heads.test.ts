import { loadOnnx } from "@prune/backend-onnx/node";
import { analyzeModel, type Graph, nodeOf, type RunTensor, unitsAlong } from "@prune/core";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { gradients } from "../src/index.ts";
import { fashion } from "./fashion.ts";
import { runtime } from "./node-graph.ts";

const SAMPLES = 3;
const STEP = 0.05;

/** The graph with what a node reads as `value` multiplied by an input "mask", one number per index of its last axis. */
function masked(graph: Graph, value: string, reader: string, size: number): Graph {
  const at = graph.nodes.findIndex((node) => node.outputs[0] === reader);
  const node = graph.nodes[at]!;
  const reading = { ...node, inputs: node.inputs.map((name) => (name === value ? "masked" : name)) };
  return {
    ...graph,
    nodes: [...graph.nodes.slice(0, at), nodeOf("Mul", [value, "mask"], ["masked"]), reading, ...graph.nodes.slice(at + 1)],
    inputs: [...graph.inputs, { name: "mask", dtype: "float32", dims: [size] }],
  };
} // prettier-ignore

const crossEntropies = ({ data, dims }: RunTensor, labels: ArrayLike<number>): number[] =>
  Array.from({ length: dims[0]! }, (_, i) => {
    const row = Array.from((data as Float32Array).subarray(i * dims[1]!, (i + 1) * dims[1]!));
    return Math.log(row.reduce((sum, x) => sum + Math.exp(x), 0)) - row[labels[i]!]!;
  });

test("a gate on a head is the gradient of a mask on the head: E |dL/dξ|, as differences say", async () => {
  const model = await loadOnnx(fileURLToPath(new URL("../../../fixtures/fashion-mnist/fashion_vit.onnx", import.meta.url))); // prettier-ignore
  const { inputs, labels } = fashion("train10k.npz", SAMPLES);
  const image = inputs["image"]!;
  const batch = (from: number, to: number) => ({
    image: { ...image, dims: [to - from, 1, 28, 28], data: (image.data as Float32Array).slice(from * 784, to * 784) },
  });
  const data = { count: SAMPLES, batchSize: 1, labels: Int32Array.from(labels.data), batch };
  const analysis = await analyzeModel(model);
  const evidence = await gradients().gather({ model, analysis, data, seed: 0 });
  const group = analysis.groups.find(({ kind, blocked }) => kind === "heads" && !blocked)!;
  const reading = group.members.find(({ role }) => role === "input")!;
  const layer = analysis.linear.find(({ tensor }) => tensor.name === reading.tensor.name)!;
  const units = unitsAlong(analysis, group, layer.input)!;
  const session = await runtime.open(masked(analysis.graph, layer.input.value, layer.node.outputs[0]!, units.length));
  const lossesAt = async (head: number, xi: number): Promise<number[]> => {
    const mask = Float32Array.from(units, (unit) => (unit === head ? xi : 1));
    const results = await session.run({ ...inputs, mask: { dtype: "float32", dims: [units.length], data: mask } });
    return crossEntropies(Object.values(results)[0]!, labels.data);
  };
  const expected: number[] = [];
  for (let head = 0; head < group.size; head++) {
    const [above, below] = [await lossesAt(head, 1 + STEP), await lossesAt(head, 1 - STEP)];
    expected.push(above.reduce((sum, l, n) => sum + Math.abs(l - below[n]!) / (2 * STEP), 0) / SAMPLES);
  }
  await session.release();
  const found = evidence.gates(group, layer.input)!.meanAbs;
  const largest = Math.max(...expected);
  expect([group.size, largest > 1e-3]).toEqual([6, true]);
  expected.forEach((e, head) => expect(Math.abs(found[head]! - e)).toBeLessThan(5e-3 * largest));
}, 60_000);
