import assert from "node:assert/strict";
import { test } from "node:test";
import { scoringWith, type ScoreContext } from "@prune/core";
import { analyzeNetwork, checkPlugin, checkScorer, Network } from "@prune/core/testing";
import { myThing, plugin } from "./index.ts";

/** Two layers with weights that a reader can add up: three neurons between two inputs and one output. */
async function scores(options = {}): Promise<number[]> {
  const net = new Network();
  const x = net.input("x", ["batch", 2]);
  const hidden = net.op("Gemm", [x, net.weight("in", [2, 3], [1, -2, 3, 4, 0, -1])], {}, ([n] = []) => [n!, 3]);
  const y = net.op("Gemm", [net.relu(hidden), net.weight("out", [3, 1], [5, 1, -1])], {}, ([n] = []) => [n!, 1]);
  const analysis = await analyzeNetwork(net, y);
  const group = analysis.groups.find((g) => !g.blocked && g.size === 3)!;
  const context = { analysis, seed: 0 } as ScoreContext;
  return Array.from(await scoringWith(myThing(options), context).group(group));
}

test("a neuron is worth the magnitudes of what it reads and of what reads it", async () => {
  assert.deepEqual(await scores(), [1 + 4 + 5, 2 + 0 + 1, 3 + 1 + 1]);
});

test("power raises them first", async () => {
  assert.deepEqual(await scores({ power: 2 }), [1 + 16 + 25, 4 + 0 + 1, 9 + 1 + 1]);
});

test("keeps the laws of a scorer", async () => {
  assert.deepEqual(await checkScorer(myThing()), []);
  assert.deepEqual(await checkScorer(myThing({ power: 0.5 })), []);
});

test("is a plug-in", () => {
  assert.deepEqual(checkPlugin(plugin), []);
});
