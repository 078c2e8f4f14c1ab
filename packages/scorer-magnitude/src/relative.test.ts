import { checkScorer, sampleGroup } from "@prune/core/testing";
import { describe, expect, test } from "vitest";
import { scoresOf } from "../test/scores-of.ts";
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
  test("is the mean of a unit's shares of each tensor", () => {
    expect(scoresOf(relative(), group)).toEqual(rounded((7 / 9 + 2 / 5) / 2, (2 / 9 + 3 / 5) / 2));
  });

  test("does not change when a layer is scaled", () => {
    const scaled = sampleGroup([[300, 400], [100, -100]], [[0, 1], [2, 2]]); // prettier-ignore
    expect(scoresOf(relative(), scaled)).toEqual(scoresOf(relative(), group));
  });

  test("the total is that of the whole tensor, also of what belongs to none of the units", () => {
    const [member] = group.members;
    const first = { ...group, size: 1, members: [{ ...member!, unitOf: (i: number) => (i === 0 ? 0 : -1) }] };
    expect(scoresOf(relative(), first)).toEqual(rounded(7 / 9));
  });
});

test("over the group, is the share of all units' total", () => {
  expect(scoresOf(relative({ over: "group" }), group)).toEqual(rounded(9 / 14, 5 / 14));
});

test("the worked example: shares of 1.6 and 2.0 in 3.6", () => {
  const columns = sampleGroup([[0.1, 0.3, 0.5, 0.7], [0.2, 0.4, 0.6, 0.8]]); // prettier-ignore
  expect(scoresOf(relative(), columns)).toEqual(rounded(1.6 / 3.6, 2 / 3.6));
  expect(scoresOf(relative({ over: "group" }), columns)).toEqual(rounded(1.6 / 3.6, 2 / 3.6));
});

test("shares of nothing are 0", () => {
  const zeros = sampleGroup([[0, 0], [0, 0]]); // prettier-ignore
  expect([scoresOf(relative(), zeros), scoresOf(relative({ over: "group" }), zeros)]).toEqual([
    [0, 0],
    [0, 0],
  ]);
});

test("another word than layer and group is refused", () => {
  expect(() => relative({ over: "rows" as "layer" })).toThrow('Option over must be "layer" or "group", got rows.');
});

test.each(["layer", "group"] as const)("keeps the laws of a scorer, over the %s", async (over) => {
  expect(await checkScorer(relative({ over }))).toEqual([]);
});
