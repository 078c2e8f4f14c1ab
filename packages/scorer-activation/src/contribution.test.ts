import { checkScorer } from "@prune/core/testing";
import { describe, expect, test } from "vitest";
import { said } from "../test/evidence.ts";
import { contribution } from "./contribution.ts";

describe("the worked example", () => {
  // A neuron is a column of W; a layer stores a row per neuron.
  const W = [
    [0.1, 0.2],
    [0.3, 0.4],
    [0.5, 0.6],
    [0.7, 0.8],
  ];
  const layer = [0, 1].map((column) => W.map((row) => row[column]!));
  const withoutLowest = (scores: readonly number[]): number[][] => {
    const lowest = scores.indexOf(Math.min(...scores));
    return W.map((row) => row.filter((_, column) => column !== lowest));
  };
  const LEFT = [[0.2], [0.4], [0.6], [0.8]];

  test("neurons: with all activations 1 these are the column sums of |W|, 1.6 and 2.0, so that column 0 goes", async () => {
    const { neurons } = await said(contribution(), { x: W.map(() => [1, -1]) }, layer);
    expect(await neurons()).toEqual([1.6, 2]);
    expect(withoutLowest(await neurons())).toEqual(LEFT);
  });

  // Row j of X is what was seen of input j: mean |y| is 0, 0.5, 0.5 and 1.
  const X = [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ];

  test("neurons: importance(i) = Σ_j |w_ij|·|y_j|", async () => {
    const { neurons } = await said(contribution(), { x: X }, layer);
    expect(await neurons()).toEqual([0.15 + 0.25 + 0.7, 0.2 + 0.3 + 0.8]);
    expect(withoutLowest(await neurons())).toEqual(LEFT);
  });

  test("connections: importance(i, j) = |w_ij|·|y_j|", async () => {
    const { first } = await said(contribution(), { x: X }, layer);
    expect(await first()).toEqual([0, 0.15, 0.25, 0.7, 0, 0.2, 0.3, 0.8]);
  });

  test("the layer: importance(l) = Σ_ij |w_ij|·|y_j|, the sum of its connections and of its neurons", async () => {
    const { first, neurons } = await said(contribution(), { x: X }, layer);
    const sum = (all: number[]): number => all.reduce((a, b) => a + b, 0);
    expect(sum(await first())).toBeCloseTo(2.4, 4);
    expect(sum(await neurons())).toBeCloseTo(2.4, 4);
  });
});

// What reads the neurons is not theirs.
const seen = { x: [[2, -2], [0, 1]], read: [[1], [3]] }; // prettier-ignore
const out = [[1, -4], [3, 0]]; // prettier-ignore
const into = [[6, 2], [1, 1]]; // prettier-ignore

test("signs do not matter, nor does what reads a neuron", async () => {
  const { neurons, first } = await said(contribution(), seen, out, into);
  expect(await first()).toEqual([2, 2, 6, 0]);
  expect(await neurons()).toEqual([4, 6]);
});

test("as shares of the layer", async () => {
  const { neurons, first } = await said(contribution({ relative: "layer" }), seen, out, into);
  expect(await first()).toEqual([0.2, 0.2, 0.6, 0]);
  expect(await neurons()).toEqual([0.4, 0.6]);
});

test("as shares of each output: a neuron counts for what it is read for", async () => {
  const { neurons, first, second } = await said(contribution({ relative: "output" }), seen, out, into);
  expect(await first()).toEqual([0.5, 0.5, 1, 0]);
  // 6·1 and 2·3 are halves of the one output, 1·1 and 1·3 quarters of the other.
  expect(await second()).toEqual([0.5, 0.5, 0.25, 0.75]);
  expect(await neurons()).toEqual([0.75, 1.25]);
});

test("shares of nothing are 0", async () => {
  for (const relative of ["layer", "output"] as const) {
    const { first } = await said(contribution({ relative }), { x: [[0], [0]] }, out);
    expect(await first()).toEqual([0, 0, 0, 0]);
  }
});

test("another word is refused", () => {
  expect(() => contribution({ relative: "group" as "layer" })).toThrow(
    'Option relative must be "layer" or "output", got group.',
  );
});

test.each([undefined, "layer", "output"] as const)("keeps the laws of a scorer, relative to %s", async (relative) => {
  expect(await checkScorer(contribution({ relative }))).toEqual([]);
});
