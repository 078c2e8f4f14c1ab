import type { ScoreContext } from "@prune/core";
import { checkScorer, sampleGroup } from "@prune/core/testing";
import { expect, test } from "vitest";
import { absolute, l1, l2, relative } from "./index.ts";

const context = { seed: 0 } as ScoreContext;
const scoresOf = (scorer: ReturnType<typeof l1>, group: ReturnType<typeof sampleGroup>): number[] =>
  Array.from(scorer.score(group, context) as Float32Array, (s) => Math.round(s * 1e4) / 1e4);

// Two units with weights (3, 4) and (1, −1); the next layer reads them by columns (0, 2) and (1, 2).
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

test("l1 sums |w| of producers and consumers", () => {
  expect(scoresOf(l1(), group)).toEqual([9, 5]);
});

test("l2 is the root of the sum of squares", () => {
  expect(scoresOf(l2(), group)).toEqual([5.3852, 2.6458]);
});

test("absolute is the mean of |w|", () => {
  expect(scoresOf(absolute(), group)).toEqual([2.25, 1.25]);
});

test("relative is the share of each tensor's total, averaged, or of the group's", () => {
  // 7/9 and 2/5 for the first unit, 2/9 and 3/5 for the second.
  expect(scoresOf(relative(), group)).toEqual([0.5889, 0.4111]);
  expect(scoresOf(relative({ over: "group" }), group)).toEqual([0.6429, 0.3571]);
});

test("the worked example: neurons are columns, column sums of |W| are 1.6 and 2.0, the first goes", () => {
  const columns = sampleGroup([
    [0.1, 0.3, 0.5, 0.7],
    [0.2, 0.4, 0.6, 0.8],
  ]);
  expect(scoresOf(l1(), columns)).toEqual([1.6, 2]);
});

test.each([l1(), l2(), absolute(), relative()])("$name keeps the laws of a scorer", async (scorer) => {
  expect(await checkScorer(scorer, group, context)).toEqual([]);
});
