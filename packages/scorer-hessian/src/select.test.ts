import { multiply, solveMasked, type MaskRule } from "@prune/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { draw, lossOf, moments } from "../test/draw.ts";
import { select } from "./select.ts";

const N = 8;
const KEPT = 3;
const layer = { blocks: 1, rows: 1, features: N, kernel: 1 };

/** Keeps the highest of all scores; of equal ones the first. */
const highest = (kept: number): MaskRule => ({
  columns: 1,
  apart: false,
  choose: ({ scores }) => {
    const order = Array.from(scores, (_, i) => i).sort((a, b) => scores[b]! - scores[a]! || a - b);
    const mask = new Uint8Array(scores.length);
    for (const i of order.slice(0, kept)) mask[i] = 1;
    return mask;
  },
});

/** What a row of weights loses by a mask once those that stay make up for the others. */
async function costOf(mask: Uint8Array, before: Float64Array, hessian: Float64Array): Promise<number> {
  const weights = before.map((w, i) => w * mask[i]!);
  await solveMasked({ weights, wanted: multiply(before, hessian, 1, N, N), stays: mask, hessian, rows: 1, steps: 50 });
  return lossOf(weights, before, hessian, N);
}

const masks = Array.from({ length: 2 ** N }, (_, bits) => Uint8Array.from({ length: N }, (_, i) => (bits >> i) & 1)).filter((m) => m.reduce((a, b) => a + b, 0) === KEPT); // prettier-ignore

test("by hand: of two weights that can stand for each other, one stays, though a third is smaller than both", async () => {
  // x₀ = x₁, so that 2·x₀ + 2·x₁ = 4·x₀; without x₂, 1.5² would be lost.
  const given = [1, 1, 0, 1, 1, 0, 0, 0, 1];
  const three = { ...layer, features: 3 };
  const mask = await select({ layer: three, weights: Float64Array.of(2, 2, 1.5), moments: [Float64Array.from(given)], rule: highest(2), stages: 10 }); // prettier-ignore
  expect(mask[0]! + mask[1]!).toBe(1);
  expect(mask[2]).toBe(1);
});

test("rows of more than one panel are chosen in alike", async () => {
  const rows = 2 ** 21 + 1;
  const largerOfRow: MaskRule = {
    columns: 2,
    apart: true,
    choose: ({ scores }) =>
      Uint8Array.from({ length: scores.length }, (_, at) => (scores[at]! > scores[at ^ 1]! ? 1 : 0)),
  };
  const weights = new Float64Array(2 * rows).map((_, at) => (at % 2 ? 1 : 2));
  weights.set([1, 2], 2 * rows - 2);
  const mask = await select({ layer: { ...layer, rows, features: 2 }, weights, moments: [Float64Array.of(1, 0, 0, 1)], rule: largerOfRow, stages: 1 }); // prettier-ignore
  expect([...mask.subarray(0, 2), ...mask.subarray(-4)]).toEqual([1, 0, 1, 0, 0, 1]);
});

test("costs little more than the best of all masks, and less than that of the largest weights", async () => {
  const sums = { best: 0, largest: 0, found: 0 };
  for (let seed = 1; seed <= 20; seed++) {
    const [h, weights] = [moments(N, seed), draw(N, seed + 100)];
    const costs = [];
    for (const mask of masks) costs.push(await costOf(mask, weights, h));
    sums.best += Math.min(...costs);
    const rule = highest(KEPT);
    sums.largest += await costOf(rule.choose({ scores: weights.map((w) => w * w), columns: [0, N] }), weights, h);
    sums.found += await costOf(
      await select({ layer, weights: weights.slice(), moments: [h], rule, stages: 10 }),
      weights,
      h,
    );
  }
  expect(sums.found).toBeLessThan(1.1 * sums.best);
  expect(sums.found).toBeLessThan(0.95 * sums.largest);
});

test("masks are what the rule allows, in every block", () =>
  fc.assert(
    fc.asyncProperty(fc.integer(), fc.integer({ min: 1, max: 3 }), async (seed, kept) => {
      const rule: MaskRule = {
        columns: 4,
        apart: true,
        choose: (question) => {
          const width = question.columns[1] - question.columns[0];
          const parts = Array.from(
            { length: question.scores.length / width },
            (_, r) =>
            highest(kept).choose({ scores: Array.from(question.scores).slice(r * width, (r + 1) * width), columns: [0, width] }), // prettier-ignore
          );
          return Uint8Array.from(parts.flatMap((part) => [...part]));
        },
      };
      const shape = { blocks: 2, rows: 2, features: N, kernel: 1 };
      const h = [moments(N, seed), moments(N, seed + 1)];
      const mask = await select({ layer: shape, weights: draw(4 * N, seed), moments: h, rule, stages: 3 });
      for (let at = 0; at < mask.length; at += 4) expect(mask.slice(at, at + 4).reduce((a, b) => a + b, 0)).toBe(kept);
    }),
    { numRuns: 20 },
  ));
