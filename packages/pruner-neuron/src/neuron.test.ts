import { type Analysis, type ChannelGroup, cutOf, type Decision, type PruneContext, type Target } from "@prune/core";
import { analyzeNetwork, checkPruner, Network, pruneContext } from "@prune/core/testing";
import { describe, expect, test } from "vitest";
import { neuron } from "./neuron.ts";

/** Two hidden layers, of 8 and 16 neurons. */
async function twoLayers(): Promise<Analysis> {
  const net = new Network();
  const hidden = net.relu(net.gemm("b", net.relu(net.gemm("a", net.input("x", [1, 4]), 8)), 16));
  return analyzeNetwork(net, net.gemm("c", hidden, 2));
}

/** The first unit matters least. */
const ascending = ({ size }: ChannelGroup): Float32Array => Float32Array.from({ length: size }, (_, i) => i);

const context = (analysis: Analysis, target: Target, score = ascending): PruneContext =>
  pruneContext(analysis, target, { name: "test", needs: [], score });

const decisionOf = ({ removed }: Decision): Record<string, string> =>
  Object.fromEntries([...removed!].map(([group, gone]) => [group.id, gone.join("")]));

test("removes the same fraction of every layer, least important first", async () => {
  const removed = await neuron({ roundTo: 1 }).decide(context(await twoLayers(), { sparsity: 0.25 }));
  expect(decisionOf(removed)).toEqual({ "a.weight": "11000000", "b.weight": "1111000000000000" });
});

test("rounds widths so that they run fast, unless it is told otherwise", async () => {
  const analysis = await twoLayers();
  // 75 % of 8 and 16 are 6 and 12; multiples of 4 and 8 nearby are 8 or 4, and 16 or 8: the smaller on a tie.
  const auto = await neuron().decide(context(analysis, { sparsity: 0.3 }));
  expect(decisionOf(auto)).toEqual({ "a.weight": "11110000", "b.weight": "1111111100000000" });
});

test("all neurons compete under a global threshold", async () => {
  const analysis = await twoLayers();
  // Relative to its layer's mean, a neuron of the first layer has 1 or 3, of the second 1 throughout.
  const score = ({ size }: ChannelGroup): Float32Array =>
    Float32Array.from({ length: size }, (_, i) => (size === 8 ? (i < 6 ? 0.1 : 10) : 1));
  const pruner = neuron({ allocation: "global", roundTo: 1, minChannels: 1 });
  const removed = await pruner.decide(context(analysis, { sparsity: 0.25 }, score));
  expect(decisionOf(removed)).toEqual({ "a.weight": "11111100", "b.weight": "0000000000000000" });
});

test("meets a budget from below, by less than the next neuron costs", async () => {
  const analysis = await twoLayers();
  const asked = context(analysis, { budget: "macs", ratio: 0.5 });
  const cut = cutOf(analysis, (await neuron({ roundTo: 1, minChannels: 1 }).decide(asked)).removed!);
  // 4·8 + 8·16 + 16·2 = 192
  expect(asked.costs.original.macs).toBe(192);
  const { macs } = asked.costs.at((dim) => cut.countOf(dim));
  expect(macs).toBeLessThanOrEqual(96);
  expect(macs).toBeGreaterThan(96 - 12);
});

describe("bounds", () => {
  test("minChannels", async () => {
    const { removed } = await neuron({ roundTo: 1, minChannels: 6 }).decide(
      context(await twoLayers(), { sparsity: 0.75 }),
    );
    expect([...removed!].map(([g, gone]) => g.size - gone.filter(Boolean).length)).toEqual([6, 6]);
  });

  test("maxSparsity", async () => {
    const pruner = neuron({ roundTo: 1, minChannels: 1, maxSparsity: 0.5 });
    const { removed } = await pruner.decide(context(await twoLayers(), { sparsity: 0.75 }));
    expect([...removed!].map(([g, gone]) => g.size - gone.filter(Boolean).length)).toEqual([4, 8]);
  });

  test("that make no sense are refused at once", () => {
    expect(() => neuron({ maxSparsity: 0 })).toThrow("Option maxSparsity must be a fraction between 0 and 1, got 0.");
    expect(() => neuron({ roundTo: 2.5 })).toThrow("Option roundTo must be auto or a whole number from 1, got 2.5.");
    expect(() => neuron({ minChannels: 0 })).toThrow("Option minChannels must be a whole number from 1, got 0.");
  });
});

describe("errors", () => {
  test("a target out of reach: the closest figure, and what is in the way", async () => {
    const asked = context(await twoLayers(), { budget: "macs", ratio: 0.1 });
    await expect(neuron({ roundTo: 1 }).decide(asked)).rejects.toMatchObject({
      code: "target-unreachable",
      // 4·4 + 4·4 + 4·2 = 40 of 192
      message:
        "Target macs=0.1 cannot be reached; the closest is macs=0.2083. Every group is then as small as minChannels, maxSparsity and roundTo let it be (--min-channels, --max-sparsity, --round-to). What is in the way: " +
        '1 group: is graph input "x"; 1 group: feeds graph output "c".',
    });
  });

  test("no group that can shrink", async () => {
    const asked = { ...context(await twoLayers(), { sparsity: 0.5 }), groups: [] };
    await expect(neuron().decide(asked)).rejects.toMatchObject({ code: "nothing-to-prune" });
  });
});

test.each(["uniform", "global"] as const)("keeps the laws of a pruner, %s", async (allocation) => {
  expect(await checkPruner(neuron({ allocation }))).toEqual([]);
  expect(await checkPruner(neuron({ allocation, roundTo: 1, minChannels: 1 }))).toEqual([]);
});
