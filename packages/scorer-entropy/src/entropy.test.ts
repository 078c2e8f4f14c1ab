import { evidenceOf, scoringWith } from "@prune/core";
import { checkScorer, denseLayers } from "@prune/core/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { entropy, type EntropyOptions } from "./entropy.ts";

type Rows = readonly (readonly number[])[];

/** Scores of neurons of which the given numbers were seen, a row per neuron, and of weights that read them. */
async function scoresOf(options: EntropyOptions, seen: Rows): Promise<{ neurons: number[]; weights: number[] }> {
  const { analysis, group, second } = await denseLayers(seen.map(() => [1]), [seen.map(() => 2), seen.map(() => -1)]); // prettier-ignore
  const values = Float32Array.from(seen[0]!.flatMap((_, sample) => seen.map((row) => row[sample]!)));
  const evidence = evidenceOf({ samples: { of: () => ({ samples: seen[0]!.length, values }) } });
  const scoring = scoringWith(entropy(options), { analysis, seed: 0, evidence });
  const rounded = (scores: Float32Array): number[] => Array.from(scores, (s) => Math.round(s * 1e4) / 1e4);
  return { neurons: rounded(await scoring.group(group)), weights: rounded(await scoring.weights(second!)) };
}

const round = (x: number): number => Math.round(x * 1e4) / 1e4;

test("is −Σ p·ln p over bins: nothing for a constant, ln 2 for two even halves, ln 4 for four quarters", async () => {
  const seen = [
    [5, 5, 5, 5],
    [0, 0, 8, 8],
    [0, 3, 5, 8],
  ];
  const { neurons } = await scoresOf({ bins: 4 }, seen);
  expect(neurons).toEqual([0, round(Math.log(2)), round(Math.log(4))]);
});

test("uneven: three of one kind and one of another", async () => {
  const { neurons } = await scoresOf({ bins: 2 }, [[0, 0, 0, 1], [1, 1, 1, 1]]); // prettier-ignore
  expect(neurons).toEqual([round(-0.75 * Math.log(0.75) - 0.25 * Math.log(0.25)), 0]);
});

describe("the range that bins divide", () => {
  const seen = [
    [0, 1, 2, 3],
    [0, 100, 200, 300],
  ];

  test("shared: what hardly varies beside the others has little entropy", async () => {
    expect((await scoresOf({ bins: 4, range: "shared" }, seen)).neurons).toEqual([0, round(Math.log(4))]);
  });

  test("its own: scale does not matter", async () => {
    expect((await scoresOf({ bins: 4, range: "channel" }, seen)).neurons).toEqual(
      [Math.log(4), Math.log(4)].map(round),
    );
  });
});

test("remove: the highest go first instead, all importances at least 0", async () => {
  const seen = [
    [5, 5, 5, 5],
    [0, 3, 5, 8],
  ];
  expect((await scoresOf({ bins: 4, remove: "highest" }, seen)).neurons).toEqual([round(Math.log(4)), 0]);
});

test("of a weight, is that of its input", async () => {
  const { weights } = await scoresOf({ bins: 4 }, [[1, 1], [0, 2]]); // prettier-ignore
  expect(weights).toEqual([0, round(Math.log(2)), 0, round(Math.log(2))]);
});

test("lies between 0 and ln(bins), whatever is seen", async () => {
  const rows = fc.array(fc.array(fc.float({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }), { minLength: 5, maxLength: 5 }), { minLength: 2, maxLength: 4 }); // prettier-ignore
  const options = fc.record({
    bins: fc.integer({ min: 2, max: 9 }),
    remove: fc.constantFrom("lowest" as const, "highest" as const),
    range: fc.constantFrom("channel" as const, "shared" as const),
  });
  await fc.assert(
    fc.asyncProperty(rows, options, async (seen, chosen) => {
      for (const score of (await scoresOf(chosen, seen)).neurons) {
        expect(score).toBeGreaterThanOrEqual(-1e-6);
        expect(score).toBeLessThanOrEqual(Math.log(chosen.bins) + 1e-4);
      }
    }),
    { numRuns: 60 },
  );
});

test("options that make no sense are refused", () => {
  expect(() => entropy({ remove: "middle" as "lowest" })).toThrow('Option remove must be "lowest" or "highest", got middle.'); // prettier-ignore
  expect(() => entropy({ range: "batch" as "shared" })).toThrow('Option range must be "channel" or "shared", got batch.'); // prettier-ignore
  expect(() => entropy({ bins: 1 })).toThrow("Option bins must be a whole number from 2, got 1.");
});

test.each(["channel", "shared"] as const)("keeps the laws of a scorer, range %s", async (range) => {
  expect(await checkScorer(entropy({ range }))).toEqual([]);
  expect(await checkScorer(entropy({ range, remove: "highest" }))).toEqual([]);
});
