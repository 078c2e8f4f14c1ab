import { checkScorer, denseLayers } from "@prune/core/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { scoresOf, weightScoresOf } from "../test/scores-of.ts";
import { lamp } from "./lamp.ts";

const round = (x: number): number => Math.round(x * 1e4) / 1e4;

test("divides the square of a weight by the squares of all that are not smaller", async () => {
  const { first } = await denseLayers([[1, -2], [3, 0]]); // prettier-ignore
  expect(await weightScoresOf(lamp(), first)).toEqual([1 / 14, 4 / 13, 1, 0].map(round));
});

test("the layer's scale does not matter", async () => {
  const [one, ten] = [await denseLayers([[1, -2, 3]]), await denseLayers([[10, -20, 30]])];
  expect(await weightScoresOf(lamp(), ten.first)).toEqual(await weightScoresOf(lamp(), one.first));
});

test("equal weights score the same, and a layer of zeros scores 0", async () => {
  const { first } = await denseLayers([[2, -2, 1], [0, 0, 0]]); // prettier-ignore
  expect(await weightScoresOf(lamp(), first)).toEqual([4 / 8, 4 / 8, 1 / 9, 0, 0, 0].map(round));
  expect(await weightScoresOf(lamp(), (await denseLayers([[0, 0]])).first)).toEqual([0, 0]);
});

test("keeps the order of |w|, lies in [0, 1], and is 1 for the one largest weight", async () => {
  const distinct = fc.uniqueArray(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(distinct, async (weights) => {
      const { first } = await denseLayers([weights.map((w, i) => (i % 2 ? -w : w))]);
      const scores = await lamp().scoreWeights!(first, {} as never);
      const order = [...weights.keys()].sort((a, b) => weights[a]! - weights[b]!);
      order.forEach((i, k) => k && expect(scores[i]!).toBeGreaterThan(scores[order[k - 1]!]!));
      expect(scores[order.at(-1)!]).toBe(1);
    }),
    { numRuns: 50 },
  );
});

test("of a unit, is that of its squared norm in each layer, averaged", async () => {
  // Rows have squares 25 and 4; columns 1 and 9.
  const { analysis, group } = await denseLayers([[3, 4], [0, 2]], [[1, 3]]); // prettier-ignore
  const expected = [(1 + 1 / 10) / 2, (4 / 29 + 1) / 2].map(round);
  expect(await scoresOf(lamp(), group, analysis)).toEqual(expected);
});

test("keeps the laws of a scorer", async () => {
  expect(await checkScorer(lamp())).toEqual([]);
});
