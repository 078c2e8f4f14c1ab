import { checkScorer, denseLayers } from "@prune/core/testing";
import { expect, test } from "vitest";
import { scoresOf, weightScoresOf } from "../test/scores-of.ts";
import { weight } from "./weight.ts";

// As a layer stores them, a row per neuron: the columns of the example's W.
const COLUMNS = [[0.1, 0.3, 0.5, 0.7], [0.2, 0.4, 0.6, 0.8]]; // prettier-ignore

test("sums |w| of what flows into a neuron, and of nothing else", async () => {
  const { analysis, group } = await denseLayers([[3, -4], [1, 1]], [[100, 1], [100, 1]]); // prettier-ignore
  expect(await scoresOf(weight(), group, analysis)).toEqual([7, 2]);
});

test("the worked example: neurons score 1.6 and 2.0, so that column 0 goes", async () => {
  const { analysis, group } = await denseLayers(COLUMNS);
  expect(await scoresOf(weight(), group, analysis)).toEqual([1.6, 2]);
});

test("of a single weight, |w|", async () => {
  const { first } = await denseLayers([[3, -4], [-1, 0]]); // prettier-ignore
  expect(await weightScoresOf(weight(), first)).toEqual([3, 4, 1, 0]);
});

test("keeps the laws of a scorer", async () => {
  expect(await checkScorer(weight())).toEqual([]);
});
