import { type Analysis, type PruneContext, type Scorer, sizeOf, type Target } from "@prune/core";
import { analyzeNetwork, checkPruner, Network, pruneContext } from "@prune/core/testing";
import { describe, expect, test } from "vitest";
import { layer } from "./layer.ts";

/** Hidden layers `a`, `b` and `c` of 6 neurons, of which `b` has a layer of 12 between; a stem and a head. */
function network(): Promise<Analysis> {
  const net = new Network();
  const branch = (name: string, x: string, width?: number): string => {
    const inner = width === undefined ? x : net.relu(net.gemm(`${name}.in`, x, width));
    return net.op("Add", [x, net.gemm(name, inner, 6)], {}, undefined, `${name}.sum`);
  };
  const stream = branch("c", branch("b", branch("a", net.relu(net.gemm("stem", net.input("x", ["batch", 4]), 6))), 12));
  return analyzeNetwork(net, net.gemm("head", stream, 2));
}

/** Every weight of a layer has the same importance. */
const importances = (of: Readonly<Record<string, number>>): Scorer => ({
  name: "test",
  needs: [],
  scoreWeights: ({ node, tensor }) => new Float32Array(sizeOf(tensor.dims)).fill(of[node.name] ?? 1),
});

const context = (analysis: Analysis, target: Target, scorer = importances({})): PruneContext =>
  pruneContext(analysis, target, scorer);
const bypassed = async (given: PruneContext, pruner = layer({ rank: "sum" })): Promise<string[]> =>
  [...((await pruner.decide(given)).bypassed ?? [])].map(([value, by]) => `${value} → ${by}`);

test("the block of the least sum leaves; per weight it may be another", async () => {
  // a: 36 · 3 = 108; b: 72 · 1 + 72 · 1 = 144; c: 36 · 5 = 180.
  const given = context(await network(), { sparsity: 0.33 }, importances({ a: 3, c: 5 }));
  expect(await bypassed(given)).toEqual(["a.sum → relu1"]);
  expect(await bypassed(given, layer({ rank: "mean" }))).toEqual(["b.sum → a.sum"]);
  expect(await bypassed(given, layer())).toEqual(["b.sum → a.sum"]);
  const { notes } = await layer({ rank: "mean" }).decide(given);
  expect(notes).toMatchObject({
    rank: "mean",
    summary: [
      "1 of 3 removable blocks left: b.in.",
      "In no removable block: 1 layer (yields another shape than it reads, and so does every stretch around it), 1 layer (yields an output of the network).",
    ],
    blocks: [
      { block: "a", kind: "residual", layers: ["a"], scores: { sum: 108, mean: 3 } },
      { block: "b.in", layers: ["b.in", "b"], scores: { sum: 144, mean: 1 }, left: { order: 1, score: 1 } },
      { block: "c", layers: ["c"], scores: { sum: 180, mean: 5 } },
    ],
  });
});

test("blocks leave one by one until a budget is met", async () => {
  const analysis = await network();
  // 24 + 36 + 144 + 36 + 12 = 252 MACs; without a and c 180, without b 108.
  const of = importances({ a: 1, "b.in": 9, b: 9, c: 2 });
  expect(await bypassed(context(analysis, { budget: "macs", ratio: 0.86 }, of))).toHaveLength(1);
  expect(await bypassed(context(analysis, { budget: "macs", ratio: 0.75 }, of))).toEqual([
    "a.sum → relu1",
    "c.sum → b.sum",
  ]);
  expect(await bypassed(context(analysis, { budget: "macs", ratio: 0.15 }, of))).toHaveLength(3);
  await expect(
    layer({ rank: "sum" }).decide(context(analysis, { budget: "macs", ratio: 0.1 }, of)),
  ).rejects.toMatchObject({
    code: "target-unreachable",
    message: "Target macs=0.1 cannot be reached; the closest is macs=0.1429. All 3 removable blocks have left by then.",
  });
});

test("importances are measured again on what is left", async () => {
  const analysis = await network();
  // With a gone, c matters less than b.
  const scorer: Scorer = {
    name: "test",
    needs: [],
    scoreWeights: ({ node, tensor }, { analysis: { linear } }) => {
      const whole = linear.some((l) => l.node.name === "a");
      const each: Record<string, number> = { a: 1, "b.in": 1, b: 1, c: whole ? 9 : 1 };
      return new Float32Array(sizeOf(tensor.dims)).fill(each[node.name] ?? 0);
    },
  };
  expect(await bypassed(context(analysis, { sparsity: 0.6 }, scorer))).toEqual(["a.sum → relu1", "c.sum → b.sum"]);
});

test("no input is cut off from the outputs: the last block that reads one stays", async () => {
  const net = new Network();
  const side = net.input("side", ["batch", 6]);
  const block = (name: string, x: string): string =>
    net.op("Add", [x, net.gemm(name, net.op("Mul", [x, side]), 6)], {}, undefined, `${name}.sum`);
  const stream = block("b", block("a", net.gemm("stem", net.input("x", ["batch", 4]), 6)));
  const analysis = await analyzeNetwork(net, net.gemm("head", stream, 2));
  const of = importances({ a: 2 });
  expect(await bypassed(context(analysis, { sparsity: 0.5 }, of))).toEqual(["b.sum → a.sum"]);
  await expect(layer().decide(context(analysis, { sparsity: 0.9 }, of))).rejects.toThrow(
    "2 blocks were to leave, and only 1 can without cutting an input off from the outputs.",
  );
});

describe("errors", () => {
  test("options that make no sense", () => {
    expect(() => layer({ rank: "max" as "sum" })).toThrow("Option rank must be sum, mean, influence, got max.");
    expect(() => layer({ blocks: "all" as "whole" })).toThrow("Option blocks must be whole or branch, got all.");
  });

  test("influence without data, sums without a scorer of single weights, no block", async () => {
    const analysis = await network();
    await expect(layer({ rank: "influence" }).decide(context(analysis, { sparsity: 0.5 }))).rejects.toThrow(
      "Ranking by influence needs samples: give calibration data (calibration, --calib).",
    );
    const units: Scorer = { name: "units", needs: [], score: ({ size }) => new Float32Array(size) };
    await expect(layer().decide(context(analysis, { sparsity: 0.5 }, units))).rejects.toThrow(
      'Scorer "units" does not score single weights.',
    );
    const net = new Network();
    const plain = await analyzeNetwork(net, net.gemm("b", net.gemm("a", net.input("x", ["batch", 4]), 5), 3));
    await expect(layer().decide(context(plain, { sparsity: 0.5 }))).rejects.toMatchObject({ code: "nothing-to-prune" });
  });
});

test("keeps the laws of a pruner", async () => {
  expect(await checkPruner(layer(), { ranks: false })).toEqual([]);
});
