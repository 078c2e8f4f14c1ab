import { evidenceOf } from "@prune/core";
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

test("by Fisher, is half the mean square of the gradient times the weight's square", async () => {
  const { analysis, layer } = await dense([[1, -2, 3]]);
  const squares = new Map([["a.weight", Float32Array.of(4, 1, 0)]]);
  const none = () => undefined;
  const gradients = { mean: none, meanSquare: (name: string) => squares.get(name), gates: none };
  const context = { ...contextOf(analysis, undefined), evidence: evidenceOf({ gradients }) };
  const { scoreWeights } = obd({ diagonal: "fisher" });
  expect([...(await scoreWeights!(layer, context))]).toEqual([2, 2, 0]);
  squares.clear();
  expect([...(await scoreWeights!(layer, context))]).toEqual([0, 0, 0]);
});

test("by any other diagonal is an error", () => {
  expect(() => obd({ diagonal: "full" as "fisher" })).toThrow('"layer" or "fisher"');
});

test.each(["layer", "fisher"] as const)("by %s, keeps the laws of a scorer", async (diagonal) => {
  expect(await checkScorer(obd({ diagonal }))).toEqual([]);
});
