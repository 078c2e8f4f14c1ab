import { checkScorer, denseLayers, sampleGroup } from "@prune/core/testing";
import { expect, test } from "vitest";
import { scoresOf, weightScoresOf } from "../test/scores-of.ts";
import { l2 } from "./l2.ts";

test("is the root of the sum of squares over all of a unit's weights", async () => {
  const group = sampleGroup(
    [
      [3, 0],
      [1, -1],
    ],
    [
      [4, 1],
      [0, -1],
    ],
  );
  expect(await scoresOf(l2(), group)).toEqual([5, 2]);
});

test("a few large weights count for more than many small ones, other than in l1", async () => {
  expect(await scoresOf(l2(), sampleGroup([[3, 0, 0], [1.5, 1.5, 1.5]]))).toEqual([3, 2.5981]); // prettier-ignore
});

test("of a single weight, |w|", async () => {
  const { first } = await denseLayers([[3, -4], [-1, 0]]); // prettier-ignore
  expect(await weightScoresOf(l2(), first)).toEqual([3, 4, 1, 0]);
});

test("keeps the laws of a scorer", async () => {
  expect(await checkScorer(l2())).toEqual([]);
});
