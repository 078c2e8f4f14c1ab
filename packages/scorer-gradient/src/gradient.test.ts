import { checkScorer } from "@prune/core/testing";
import { expect, test } from "vitest";
import { said } from "../test/said.ts";
import { gradient } from "./gradient.ts";

// Neurons are the rows of the first layer, [[1, 2], [3, 4]], and the columns of the second, [[5, 6]].
const out = [[1, 2], [3, 4]]; // prettier-ignore
const mean = { out: [0.5, -1, 0, 2], into: [-3, 0.25] };

test("of a neuron, is the sum of |g| over all weights that would leave with it, whatever their size", async () => {
  const { neurons, first, second } = await said(gradient(), { mean }, out, [[5, 6]]);
  expect(await neurons()).toEqual([4.5, 2.25]);
  expect(await first()).toEqual([0.5, 1, 0, 2]);
  expect(await second()).toEqual([3, 0.25]);
});

test("weights that the loss does not depend on are worth nothing, and say nothing of neurons", async () => {
  const { neurons, second } = await said(gradient(), { mean: { out: mean.out } }, out, [[5, 6]]);
  expect(await neurons()).toEqual([1.5, 2]);
  expect(await second()).toEqual([0, 0]);
});

test("keeps the laws of a scorer", async () => {
  expect(await checkScorer(gradient())).toEqual([]);
});
