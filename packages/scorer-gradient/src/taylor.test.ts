import { checkScorer } from "@prune/core/testing";
import { expect, test } from "vitest";
import { said } from "../test/said.ts";
import { taylor } from "./taylor.ts";

const out = [[1, 2], [3, 4]]; // prettier-ignore
const mean = { out: [0.5, -1, 0, 2], into: [-3, 0.25] };

test("on weights, is (g·w)² of every weight, and their sum over a neuron", async () => {
  const { neurons, first, second } = await said(taylor(), { mean }, out, [[5, 6]]);
  expect(await first()).toEqual([0.25, 4, 0, 64]);
  expect(await second()).toEqual([225, 2.25]);
  expect(await neurons()).toEqual([229.25, 66.25]);
});

test("on a gate, is (Σ g·w)² over what flows into a neuron, so that opposites cancel", async () => {
  const { neurons, first } = await said(taylor({ on: "gate" }), { mean }, out, [[5, 6]]);
  expect(await neurons()).toEqual([(0.5 - 2) ** 2, 64]);
  await expect(first()).rejects.toThrow('"taylor"');
});

test("on activations, is E |Σ a·g| of what is read of a neuron", async () => {
  const gates = { hidden: { meanAbs: [9, 9], meanSquare: [9, 9] }, read: { meanAbs: [2, 3], meanSquare: [7, 8] } };
  const { neurons, first } = await said(taylor({ on: "activations" }), { gates }, out, [[5, 6]]);
  expect(await neurons()).toEqual([2, 3]);
  await expect(first()).rejects.toThrow('"taylor"');
});

test("on activations, is of what the layer yields where nothing reads it", async () => {
  const gates = { hidden: { meanAbs: [5, 4], meanSquare: [9, 9] } };
  const { neurons } = await said(taylor({ on: "activations" }), { gates }, out);
  expect(await neurons()).toEqual([5, 4]);
});

test("on anything else is an error", () => {
  expect(() => taylor({ on: "biases" as "gate" })).toThrow('"weights", "gate" or "activations"');
});

test.each(["weights", "gate", "activations"] as const)("on %s, keeps the laws of a scorer", async (on) => {
  expect(await checkScorer(taylor({ on }))).toEqual([]);
});
