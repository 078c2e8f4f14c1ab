import { expect, test } from "vitest";
import { checkScorer } from "@prune/core/testing";
import { obd } from "./obd.ts";
import { contextOf, dense } from "../test/dense.ts";

test("is the mean square of the input times the weight's square", async () => {
  const { analysis, layer } = await dense([
    [1, 2],
    [3, -1],
  ]);
  // mean x² is 2 for the first input, 8 for the second.
  const scores = await obd().scoreWeights!(layer, contextOf(analysis, [[2, 1, 1, 8]]));
  expect([...scores]).toEqual([2 * 1, 8 * 4, 2 * 9, 8 * 1]);
});

test("judges by w² where nothing is known of the inputs, and says so", async () => {
  const { analysis, layer } = await dense([[1, -2]]);
  const remarks: string[] = [];
  const context = { ...contextOf(analysis, undefined), remark: (text: string) => void remarks.push(text) };
  expect([...(await obd().scoreWeights!(layer, context))]).toEqual([1, 4]);
  expect(remarks).toEqual([
    'Weights "a.weight" were judged by magnitude: second moments of what reaches the layer cannot be had.',
  ]);
});

test("keeps the laws of a scorer", async () => {
  expect(await checkScorer(obd())).toEqual([]);
});
