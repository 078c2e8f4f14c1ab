import { checkScorer, sampleGroup } from "@prune/core/testing";
import { expect, test } from "vitest";
import { scoresOf } from "../test/scores-of.ts";
import { l2 } from "./l2.ts";

test("is the root of the sum of squares over all of a unit's weights", () => {
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
  expect(scoresOf(l2(), group)).toEqual([5, 2]);
});

test("a few large weights count for more than many small ones, other than in l1", () => {
  expect(scoresOf(l2(), sampleGroup([[3, 0, 0], [1.5, 1.5, 1.5]]))).toEqual([3, 2.5981]); // prettier-ignore
});

test("keeps the laws of a scorer", async () => {
  expect(await checkScorer(l2())).toEqual([]);
});
