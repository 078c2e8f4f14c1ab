import { checkScorer } from "@prune/core/testing";
import { expect, test } from "vitest";
import { said } from "../test/said.ts";
import { fisher } from "./fisher.ts";

const out = [[1, 2], [3, 4]]; // prettier-ignore

test("of a neuron, is half the mean square of Σ a·g where it is read", async () => {
  const gates = { hidden: { meanAbs: [9, 9], meanSquare: [9, 9] }, read: { meanAbs: [2, 3], meanSquare: [7, 8] } };
  const { neurons } = await said(fisher(), { gates }, out, [[5, 6]]);
  expect(await neurons()).toEqual([3.5, 4]);
});

test("of a weight, is w²·E[g²]/2", async () => {
  const { first, second } = await said(fisher(), { meanSquare: { out: [1, 2, 0, 0.5] } }, out, [[5, 6]]);
  expect(await first()).toEqual([0.5, 4, 0, 4]);
  expect(await second()).toEqual([0, 0]);
});

test("keeps the laws of a scorer", async () => {
  expect(await checkScorer(fisher())).toEqual([]);
});
