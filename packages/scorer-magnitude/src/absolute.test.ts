import { checkScorer, denseLayers, sampleGroup } from "@prune/core/testing";
import { expect, test } from "vitest";
import { scoresOf, weightScoresOf } from "../test/scores-of.ts";
import { absolute } from "./absolute.ts";

test("is the mean of |w| over a unit's weights", async () => {
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
  expect(await scoresOf(absolute(), group)).toEqual([9 / 4, 5 / 4]);
});

test("does not favour layers with more weights per unit", async () => {
  const [narrow, wide] = [sampleGroup([[2, -2]]), sampleGroup([[2, -2, 2, -2, 2, -2]])];
  expect(await scoresOf(absolute(), narrow)).toEqual(await scoresOf(absolute(), wide));
});

test("the worked example ranks as with l1: means of 0.4 and 0.5", async () => {
  expect(await scoresOf(absolute(), sampleGroup([[0.1, 0.3, 0.5, 0.7], [0.2, 0.4, 0.6, 0.8]]))).toEqual([0.4, 0.5]); // prettier-ignore
});

test("of a single weight, |w|", async () => {
  const { first } = await denseLayers([[3, -4], [-1, 0]]); // prettier-ignore
  expect(await weightScoresOf(absolute(), first)).toEqual([3, 4, 1, 0]);
});

test("keeps the laws of a scorer", async () => {
  expect(await checkScorer(absolute())).toEqual([]);
});
