import assert from "node:assert/strict";
import { test } from "node:test";
import type { Scorer } from "@prune/core";
import { analyzeNetwork, checkPlugin, checkPruner, Network, pruneContext } from "@prune/core/testing";
import { myThing, plugin } from "./index.ts";

/** Scores that a reader can average: 1, 2, 3, … */
const counting: Scorer = {
  name: "counting",
  needs: [],
  score: ({ size }) => Float32Array.from({ length: size }, (_, i) => i + 1),
};

test("removes what is below a fraction of the mean", async () => {
  const net = new Network();
  const hidden = net.relu(net.gemm("in", net.input("x", ["batch", 2]), 5));
  const analysis = await analyzeNetwork(net, net.gemm("out", hidden, 2));
  const { removed } = await myThing({ below: 0.9 }).decide(pruneContext(analysis, { sparsity: 0 }, counting));
  // The mean of 1 to 5 is 3, and 0.9 of it 2.7.
  assert.deepEqual(
    [...removed!.values()].map((gone) => [...gone]),
    [[1, 1, 0, 0, 0]],
  );
});

test("keeps the laws of a pruner", async () => {
  assert.deepEqual(await checkPruner(myThing()), []);
  assert.deepEqual(await checkPruner(myThing({ below: 0.9 })), []);
});

test("is a plug-in", () => {
  assert.deepEqual(checkPlugin(plugin), []);
});
