import { onnxModel } from "@prune/backend-onnx";
import type { Graph, RunValues } from "@prune/core";
import { Network } from "@prune/core/testing";
import { expect, test } from "vitest";
import { gradientGraph, type Loss, meanSquaredError, train, type TrainOptions } from "../src/index.ts";
import { float, runtime } from "./node-graph.ts";

const SIZE = 2000;
const RATIO = 0.25;

const total: Loss = {
  name: "total",
  build: ({ g, outputs: [y] }) => ({ loss: g.op("ReduceSum", [y!.name], { keepdims: 0 }) }),
};

/** Ones, of which a quarter is dropped in training; the ratio is an input, or an attribute as it was before opset 12. */
function dropping(opset: number): Graph {
  const net = new Network(opset);
  const ones = net.op("Mul", [net.input("x", [1]), net.weight("w", [SIZE], 1)], {}, [SIZE]);
  const attributes = opset < 12 ? { ratio: float(RATIO) } : {};
  net.op("Dropout", opset < 12 ? [ones] : [ones, net.weight("ratio", [], [RATIO])], attributes, [SIZE], "y");
  return net.graph("y");
}

const feeds: RunValues = { x: { dtype: "float32", dims: [1], data: Float32Array.of(1) } };

/** Results of two runs of one session: the sum of outputs, and its gradient. */
async function runs(opset: number, dropout?: number): Promise<{ sum: number; gradient: number[] }[]> {
  const made = await gradientGraph({ graph: dropping(opset), runtime, dims: { x: [1] }, loss: total, dropout });
  const session = await runtime.open(made.graph);
  const results = [await session.run(feeds), await session.run(feeds)];
  await session.release();
  return results.map((r) => ({ sum: Number(r[made.loss]!.data[0]), gradient: Array.from(r[made.weights.get("w")!]!.data as Float32Array) })); // prettier-ignore
}

test.each([11, 17])(
  "drops a share, scales what stays, and its gradient is of what stayed (opset %d)",
  async (opset) => {
    const [first, second] = await runs(opset, 1);
    for (const { sum, gradient } of [first!, second!]) {
      const kept = gradient.filter((g) => g !== 0);
      expect(Math.abs(kept.length / SIZE - (1 - RATIO))).toBeLessThan(0.04);
      for (const g of kept) expect(g).toBeCloseTo(1 / (1 - RATIO), 5);
      expect(sum).toBeCloseTo(
        gradient.reduce((a, b) => a + b, 0),
        1,
      );
    }
    expect(second!.gradient).not.toEqual(first!.gradient);
    expect(await runs(opset, 1)).toEqual([first, second]);
    expect((await runs(opset, 2))[0]!.gradient).not.toEqual(first!.gradient);
  },
);

test("is off by default", async () => {
  const [{ sum, gradient }] = (await runs(17)) as [{ sum: number; gradient: number[] }];
  expect([sum, new Set(gradient)]).toEqual([SIZE, new Set([1])]);
});

test("in training it is drawn by the seed, and samples held out are measured without", async () => {
  const net = new Network();
  const hidden = net.op("Dropout", [net.relu(net.gemm("a", net.input("x", ["N", 4]), 16)), net.weight("ratio", [], [0.5])]); // prettier-ignore
  const model = onnxModel(net.graph(net.gemm("b", hidden, 1)), { runtime });
  const x = Float32Array.from({ length: 160 }, (_, i) => Math.sin(i));
  const data = {
    inputs: { x: { dtype: "float32" as const, dims: [40, 4], data: x } },
    labels: { dtype: "float32" as const, dims: [40, 1], data: x.filter((_, i) => i % 4 === 0) },
  };
  const run = (more: Partial<TrainOptions>) => train(model, { data, loss: meanSquaredError(), epochs: 2, batchSize: 8, validation: 0.2, threads: 1, ...more }); // prettier-ignore
  const [off, on, again, other] = [await run({}), await run({ dropout: true }), await run({ dropout: true }), await run({ dropout: true, seed: 1 })]; // prettier-ignore
  expect(on.start).toEqual(off.start);
  expect(on.history).not.toEqual(off.history);
  expect(again.history).toEqual(on.history);
  expect(other.history).not.toEqual(on.history);
});
