import { checkScorer, denseLayers, sampleGroup } from "@prune/core/testing";
import { expect, test } from "vitest";
import { scoresOf, weightScoresOf } from "../test/scores-of.ts";
import { l1 } from "./l1.ts";

test("sums |w| of a unit's row in the layer that makes it and of its column in the layer that reads it", async () => {
  const group = sampleGroup(
    [
      [3, 4],
      [1, -1],
    ],
    [
      [0, 1],
      [2, 2],
    ],
  );
  expect(await scoresOf(l1(), group)).toEqual([3 + 4 + 0 + 2, 1 + 1 + 1 + 2]);
});

test("the worked example: column sums of |W| are 1.6 and 2.0, so that column 0 goes", async () => {
  // X = [[0, 0], [0, 1], [1, 0], [1, 1]] feeds W = [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6], [0.7, 0.8]]; a neuron is a column.
  const W = [
    [0.1, 0.2],
    [0.3, 0.4],
    [0.5, 0.6],
    [0.7, 0.8],
  ];
  const columns = [0, 1].map((column) => W.map((row) => row[column]!));
  const scores = await scoresOf(l1(), sampleGroup(columns));
  expect(scores).toEqual([1.6, 2]);
  const lowest = scores.indexOf(Math.min(...scores));
  expect(W.map((row) => row.filter((_, column) => column !== lowest))).toEqual([[0.2], [0.4], [0.6], [0.8]]);
});

test("of a single weight, |w|", async () => {
  const { first } = await denseLayers([[3, -4], [-1, 0]]); // prettier-ignore
  expect(await weightScoresOf(l1(), first)).toEqual([3, 4, 1, 0]);
});

test("keeps the laws of a scorer", async () => {
  expect(await checkScorer(l1())).toEqual([]);
});
