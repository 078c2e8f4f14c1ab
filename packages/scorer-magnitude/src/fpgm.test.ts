import { checkScorer, denseLayers } from "@prune/core/testing";
import { expect, test } from "vitest";
import { scoresOf } from "../test/scores-of.ts";
import { fpgm } from "./fpgm.ts";

const scores = async (...layers: Parameters<typeof denseLayers>): Promise<number[]> => {
  const { analysis, group } = await denseLayers(...layers);
  return scoresOf(fpgm(), group, analysis);
};

test("sums a filter's distances from all others", async () => {
  // A triangle with sides 3, 4 and 5.
  expect(await scores([[0, 0], [3, 0], [0, 4]])).toEqual([7, 8, 9]); // prettier-ignore
});

test("the filter in the middle goes first, though it is not the smallest", async () => {
  const [low, middle, high] = await scores([[1, 1], [5, 5], [9, 9]]); // prettier-ignore
  expect([middle! < low!, low]).toEqual([true, high]);
});

test("what reads a filter does not count", async () => {
  expect(await scores([[0], [1]], [[100, 0]])).toEqual([1, 1]);
});

test("keeps the laws of a scorer", async () => {
  expect(await checkScorer(fpgm())).toEqual([]);
});
