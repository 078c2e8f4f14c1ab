import type { LinearLayer, ScoreContext } from "@prune/core";
import { checkScorer, sampleGroup } from "@prune/core/testing";
import { expect, test } from "vitest";
import { random } from "./random.ts";

const group = sampleGroup(Array.from({ length: 64 }, (_, i) => [i]));
const other = { ...group, id: "other" };
const context = (seed: number): ScoreContext => ({ seed }) as ScoreContext;
const scores = (seed: number | undefined, run: number, of = group): string =>
  (random(seed === undefined ? {} : { seed }).score!(of, context(run)) as Float32Array).join();

test("numbers lie in [0, 1) and differ", () => {
  const drawn = Array.from(random().score!(group, context(0)) as Float32Array);
  expect(drawn.every((s) => s >= 0 && s < 1)).toBe(true);
  expect(new Set(drawn).size).toBe(64);
});

test("are spread evenly: tenths hold a tenth each, give or take a quarter of that", () => {
  const many = sampleGroup(Array.from({ length: 10_000 }, () => [0]));
  const tenths = Array.from({ length: 10 }, () => 0);
  for (const s of random().score!(many, context(0)) as Float32Array) tenths[Math.floor(s * 10)]!++;
  for (const count of tenths) expect(Math.abs(count - 1000)).toBeLessThan(250);
});

test("the same seed draws the same numbers", () => {
  expect(scores(undefined, 1)).toBe(scores(undefined, 1));
  expect(scores(7, 1)).toBe(scores(7, 1));
});

test("another seed draws others", () => {
  expect(new Set([0, 1, 2, -1, 2 ** 31].map((seed) => scores(undefined, seed))).size).toBe(5);
});

test("a seed of its own wins over the run's", () => {
  expect(scores(1, 2)).toBe(scores(1, 3));
  expect(scores(1, 2)).toBe(scores(undefined, 1));
});

test("another group draws others, so that groups of one size do not lose the same units", () => {
  expect(scores(1, 1)).not.toBe(scores(1, 1, other));
});

test("keeps the laws of a scorer", async () => {
  expect(await checkScorer(random(), { permutes: false })).toEqual([]);
});

test("single weights get numbers of their own, by tensor and seed", () => {
  const layer = { tensor: { name: "w", dims: [2, 3] } } as unknown as LinearLayer;
  const weights = (seed: number): string => (random().scoreWeights!(layer, context(seed)) as Float32Array).join();
  expect(weights(0).split(",")).toHaveLength(6);
  expect(weights(0)).toBe(weights(0));
  expect(weights(0)).not.toBe(weights(1));
});
