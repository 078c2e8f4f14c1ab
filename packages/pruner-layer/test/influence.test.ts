import { fileURLToPath } from "node:url";
import { loadOnnx, onnxModel, onnxruntimeNode, ortRuntime } from "@prune/backend-onnx/node";
import { analyzeModel, type DataSource, prune } from "@prune/core";
import { Network } from "@prune/core/testing";
import { expect, test } from "vitest";
import { blockInfluence } from "../src/influence.ts";
import { findBlocks, layer } from "../src/index.ts";

const runtime = ortRuntime(onnxruntimeNode);
const rows = (...data: number[][]): DataSource => ({
  count: data.length,
  batchSize: 2,
  batch: (from, to) => ({
    x: { dtype: "float32", dims: [to - from, 3], data: Float32Array.from(data.slice(from, to).flat()) },
  }),
});

/** `x + x·W` twice between a stem that drops the third number and a head: W turns by a right angle, then scales by 2. */
function turning() {
  const net = new Network();
  const branch = (name: string, x: string, weights: number[]): string =>
    net.op("Add", [x, net.op("MatMul", [x, net.weight(name, [2, 2], weights)])], {}, undefined, `${name}.sum`);
  const stem = net.matMul(net.input("x", ["batch", 3]), net.weight("stem", [3, 2], [1, 0, 0, 1, 0, 0]));
  return onnxModel(net.graph(net.gemm("head", branch("b", branch("a", stem, [0, 1, -1, 0]), [2, 0, 0, 2]), 3)), {
    runtime,
  });
}

test("one minus the mean cosine of what goes in and what comes out; positions that are zero do not count", async () => {
  const analysis = await analyzeModel(turning());
  const blocks = findBlocks(analysis, "branch");
  // x + rot(x) is √2 long and turned by 45°; x + 2x is not turned.
  const data = rows([1, 0, 9], [3, 4, 9], [0, 0, 9]);
  const found = await blockInfluence(analysis, blocks, runtime, data, (value) => value);
  expect(found[0]).toBeCloseTo(1 - Math.SQRT1_2, 6);
  expect(found[1]).toBeCloseTo(0, 6);
});

test("the block that changes least leaves, and the rest is measured again", async () => {
  const calibration = rows([1, 0, 9], [3, 4, 9]);
  const one = await prune(turning(), { pruner: layer({ rank: "influence", blocks: "branch" }), target: { sparsity: 0.5 }, calibration }); // prettier-ignore
  expect(one.plan.replace).toEqual([{ value: "b.sum", by: "a.sum" }]);
  expect(one.report.verification).toMatchObject({ exact: true });
  const both = await prune(turning(), { pruner: layer({ rank: "influence", blocks: "branch" }), target: { sparsity: 0.9 }, calibration }); // prettier-ignore
  expect(both.report.notes).toMatchObject({
    blocks: [
      { block: expect.any(String) as string, left: { order: 2 } },
      { block: expect.any(String) as string, left: { order: 1 } },
    ],
  });
});

test("a trained ResNet and ViT lose blocks, and what is left runs and costs less", async () => {
  const scorer = { name: "ones", needs: [], scoreWeights: ({ tensor }: { tensor: { dims: readonly number[] } }) => new Float32Array(tensor.dims.reduce((a, b) => a * b, 1)).fill(1) }; // prettier-ignore
  for (const [name, count, ratio] of [
    ["fashion_resnet", 9, 0.8],
    ["fashion_vit", 4, 0.76],
  ] as const) {
    const model = await loadOnnx(
      fileURLToPath(new URL(`../../../fixtures/fashion-mnist/${name}.onnx`, import.meta.url)),
    );
    expect(findBlocks(await analyzeModel(model))).toHaveLength(count);
    const { report, plan } = await prune(model, { pruner: layer(), scorer, target: { macs: ratio } });
    expect(report.after.macs / report.before.macs).toBeLessThanOrEqual(ratio);
    expect(plan.removedNodes.length).toBeGreaterThan(3);
    expect(report.verification).toMatchObject({ exact: true });
    expect(report.layers.filter((l) => l.macs[1] === 0).every((l) => l.params[1] === 0)).toBe(true);
  }
});
