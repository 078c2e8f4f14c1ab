import assert from "node:assert/strict";
import { test } from "node:test";
import { type ActivationEvidence, evidenceOf, scoringWith } from "@prune/core";
import { analyzeNetwork, checkPlugin, checkScorer, Network } from "@prune/core/testing";
import { plugin, variance, type VarianceOptions } from "./index.ts";

/** Three neurons that yield, over two samples: 1 and 3; 2 and 2; 0 and 4. */
async function scores(options?: VarianceOptions): Promise<number[]> {
  const net = new Network();
  const hidden = net.relu(net.gemm("in", net.input("x", ["batch", 2]), 3));
  const analysis = await analyzeNetwork(net, net.gemm("out", hidden, 2));
  const seen = { mean: [2, 2, 2], meanSquare: [5, 4, 8] };
  const activations = {
    of: ({ value }: { value: string }) => ({
      mean: Float64Array.from(value === hidden ? seen.mean : [9, 9]),
      meanSquare: Float64Array.from(value === hidden ? seen.meanSquare : [99, 99]),
    }),
  } as unknown as ActivationEvidence;
  const group = analysis.groups.find((g) => !g.blocked && g.size === 3)!;
  const context = { analysis, seed: 0, evidence: evidenceOf({ activations }) };
  return Array.from(await scoringWith(variance(options), context).group(group));
}

test("a neuron is worth the variance of what it yields", async () => {
  assert.deepEqual(await scores(), [1, 0, 4]);
});

test("or that as a fraction of its mean square", async () => {
  assert.deepEqual(await scores({ relative: true }), [Math.fround(1 / 5), 0, 4 / 8]);
});

test("keeps the laws of a scorer", async () => {
  assert.deepEqual(await checkScorer(variance()), []);
  assert.deepEqual(await checkScorer(variance({ relative: true })), []);
});

test("is a plug-in", () => {
  assert.deepEqual(checkPlugin(plugin), []);
});
