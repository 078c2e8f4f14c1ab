import { checkScorer, denseLayers, sampleGroup } from "@prune/core/testing";
import { describe, expect, test } from "vitest";
import { scoresOf, weightScoresOf } from "../test/scores-of.ts";
import { relative } from "./relative.ts";

// The rows sum to 7 and 2, of 9; the columns to 2 and 3, of 5.
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
const rounded = (...values: number[]): number[] => values.map((v) => Math.round(v * 1e4) / 1e4);

describe("over the layer", () => {
  test("is the mean of a unit's shares of each tensor", async () => {
    expect(await scoresOf(relative(), group)).toEqual(rounded((7 / 9 + 2 / 5) / 2, (2 / 9 + 3 / 5) / 2));
  });

  test("does not change when a layer is scaled", async () => {
    const scaled = sampleGroup([[300, 400], [100, -100]], [[0, 1], [2, 2]]); // prettier-ignore
    expect(await scoresOf(relative(), scaled)).toEqual(await scoresOf(relative(), group));
  });

  test("the total is that of the whole tensor, also of what belongs to none of the units", async () => {
    const [member] = group.members;
    const first = { ...group, size: 1, members: [{ ...member!, unitOf: (i: number) => (i === 0 ? 0 : -1) }] };
    expect(await scoresOf(relative(), first)).toEqual(rounded(7 / 9));
  });
});

test("over the group, is the share of all units' total", async () => {
  expect(await scoresOf(relative({ over: "group" }), group)).toEqual(rounded(9 / 14, 5 / 14));
});

test("the worked example: shares of 1.6 and 2.0 in 3.6", async () => {
  const columns = sampleGroup([[0.1, 0.3, 0.5, 0.7], [0.2, 0.4, 0.6, 0.8]]); // prettier-ignore
  expect(await scoresOf(relative(), columns)).toEqual(rounded(1.6 / 3.6, 2 / 3.6));
  expect(await scoresOf(relative({ over: "group" }), columns)).toEqual(rounded(1.6 / 3.6, 2 / 3.6));
});

test("shares of nothing are 0", async () => {
  const zeros = sampleGroup([[0, 0], [0, 0]]); // prettier-ignore
  expect([await scoresOf(relative(), zeros), await scoresOf(relative({ over: "group" }), zeros)]).toEqual([
    [0, 0],
    [0, 0],
  ]);
});

test("another word is refused", () => {
  expect(() => relative({ over: "rows" as "layer" })).toThrow(
    'Option over must be "layer", "output" or "group", got rows.',
  );
});

describe("over the output", () => {
  test("is an input's share of each output, summed over what reads it", async () => {
    const { analysis, group, second } = await denseLayers([[9], [9]], [[1, 3], [2, -2]]); // prettier-ignore
    expect(await weightScoresOf(relative({ over: "output" }), second!)).toEqual([0.25, 0.75, 0.5, 0.5]);
    expect(await scoresOf(relative({ over: "output" }), group, analysis)).toEqual([0.75, 1.25]);
  });

  test("all shares of an output are 1 together", async () => {
    const { analysis, group } = await denseLayers([[1], [2], [3]], [[1, 2, 3], [7, 0, -1], [5, 5, 5]]); // prettier-ignore
    const sum = (await scoresOf(relative({ over: "output" }), group, analysis)).reduce((a, b) => a + b);
    expect(sum).toBeCloseTo(3, 3);
  });
});

test("of a single weight, is its share of the layer; of a group there is none", async () => {
  const { first } = await denseLayers([[1, -2], [5, 0]]); // prettier-ignore
  expect(await weightScoresOf(relative(), first)).toEqual([0.125, 0.25, 0.625, 0]);
  await expect(weightScoresOf(relative({ over: "group" }), first)).rejects.toThrow("does not score single weights");
});

test.each(["layer", "output", "group"] as const)("keeps the laws of a scorer, over the %s", async (over) => {
  expect(await checkScorer(relative({ over }))).toEqual([]);
});
