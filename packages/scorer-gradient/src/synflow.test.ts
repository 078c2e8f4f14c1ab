import { evidenceOf, scoringWith, type FlowEvidence } from "@prune/core";
import { checkScorer, denseLayers } from "@prune/core/testing";
import { expect, test } from "vitest";
import { synflow } from "./synflow.ts";

async function said(known: Readonly<Record<string, readonly number[]>>) {
  // Neurons are the rows of the first layer and the columns of the second.
  const { analysis, group, first, second } = await denseLayers([[1, -2], [-3, 4]], [[-5, 6]]); // prettier-ignore
  const flow: FlowEvidence = { of: (name) => known[name] && Float32Array.from(known[name]) };
  const scoring = scoringWith(synflow(), { analysis, seed: 0, evidence: evidenceOf({ flow }) });
  return { neurons: scoring.group(group), first: scoring.weights(first), second: scoring.weights(second!) };
}

test("of a weight is the flow through it, of a neuron what comes to it", async () => {
  const { neurons, first, second } = await said({ out: [5, 10, 18, 24], into: [15, 42] });
  expect([...(await first)]).toEqual([5, 10, 18, 24]);
  expect([...(await second)]).toEqual([15, 42]);
  expect([...(await neurons)]).toEqual([15, 42]);
});

test("weights that no flow reaches are worth nothing", async () => {
  const { first, second } = await said({ out: [5, 10, 18, 24] });
  expect([...(await first)]).toEqual([5, 10, 18, 24]);
  expect([...(await second)]).toEqual([0, 0]);
});

test("keeps the laws of a scorer", async () => {
  expect(await checkScorer(synflow())).toEqual([]);
});
